import { observable } from "../store/observable";
import { ApiError, problemOf } from "./errors";
import { send } from "./http";
import type { TokenAnswer, User } from "./types";

export type SessionState =
  | { status: "starting" }
  | { status: "unreachable"; error: unknown }
  | { status: "signed-out"; ended: boolean }
  | { status: "signed-in"; user: User };

/** Who is signed in, as the screens see it. The access token is not part of it: it stays in this module's memory. */
export const session = observable<SessionState>({ status: "starting" });

/** A token that ends within this time is renewed before it is used to open a lasting connection. */
const MARGIN_MS = 30_000;

let token: string | null = null;
let endsAt = 0;
let renewing: Promise<void> | null = null;

/** The access token, or null when there is none. */
export const currentToken = (): string | null => token;

/** A token with some life left; renews it when needed or when `fresh` asks for it. */
export async function lastingToken(fresh: boolean): Promise<string> {
  if (fresh || token === null || Date.now() > endsAt - MARGIN_MS) await renew(token);
  if (token === null) throw new ApiError({ title: "Signed out", status: 401 });
  return token;
}

/** Signs in, or throws the ApiError or NetworkError that says why not. */
export async function signIn(email: string, password: string): Promise<void> {
  const response = await send("/auth/login", { method: "POST", body: { email, password } });
  if (!response.ok) throw await problemOf(response);
  accept((await response.json()) as TokenAnswer);
}

/** Ends the session here even when the server cannot be told. */
export async function signOut(): Promise<void> {
  const told = send("/auth/logout", { method: "POST", token });
  end(false);
  await told.catch(() => undefined);
}

/** On load: tries the refresh cookie and settles what the first screen is. */
export async function resume(): Promise<void> {
  try {
    await renew(null);
  } catch (error) {
    if (session.get().status === "signed-in") return;
    const refused = error instanceof ApiError && error.status < 500 && error.status !== 429;
    session.set(refused ? { status: "signed-out", ended: false } : { status: "unreachable", error });
  }
}

/**
 * Renews the access token once for all callers that hold the same stale one.
 * A refused renewal ends the session; a failed one (no network, a server error) leaves it as it is and throws.
 */
export async function renew(stale: string | null): Promise<void> {
  if (token !== stale) return;
  renewing ??= alone(requestRenewal).finally(() => {
    renewing = null;
  });
  await renewing;
}

async function requestRenewal(): Promise<void> {
  const response = await send("/auth/refresh", { method: "POST" });
  if (response.ok) {
    accept((await response.json()) as TokenAnswer);
    return;
  }
  const error = await problemOf(response);
  if (error.status === 401 || error.status === 403) end(session.get().status === "signed-in");
  throw error;
}

/** The refresh cookie works once, so only one tab of this browser may use it at a time. */
async function alone(work: () => Promise<void>): Promise<void> {
  if ("locks" in navigator) await navigator.locks.request("inventr-refresh", work);
  else await work();
}

function accept(answer: TokenAnswer): void {
  token = answer.access_token;
  endsAt = Date.now() + answer.expires_in * 1000;
  session.set({ status: "signed-in", user: answer.user });
}

function end(byServer: boolean): void {
  token = null;
  endsAt = 0;
  session.set({ status: "signed-out", ended: byServer });
}

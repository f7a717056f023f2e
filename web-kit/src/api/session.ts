import { closeReadings, openReadings, rememberedReader } from "../offline/readings";
import { type Observable, observable } from "../store/observable";
import { ApiError, problemOf } from "./errors";
import { answer, type Call, send } from "./http";

/** What the server answers to a sign-in and to a renewal. */
export interface TokenAnswer<User> {
  access_token: string;
  /** Seconds until the access token ends. */
  expires_in: number;
  user: User;
}

export type SessionState<User> =
  | { status: "starting" }
  | { status: "unreachable"; error: unknown }
  | { status: "signed-out"; ended: boolean }
  | { status: "signed-in"; user: User };

export interface SessionOptions {
  /** The app's name: tabs of one app take turns at renewing, and tabs of others are none of its business. */
  name: string;
  /** Whether the last-read answers of the API are kept for reading without a network; see `offline`. */
  keepsReadings?: boolean;
}

/** A token that ends within this time is renewed before it is used to open a lasting connection. */
const MARGIN_MS = 30_000;

/**
 * Who is signed in, and the access token, which stays in this object's memory: a reload asks /api/auth/refresh with
 * the httpOnly cookie. One per app.
 */
export class Session<User> {
  /** Who is signed in, as the screens see it. The access token is not part of it. */
  readonly state: Observable<SessionState<User>> = observable<SessionState<User>>({ status: "starting" });
  private token: string | null = null;
  private endsAt = 0;
  private renewing: Promise<void> | null = null;

  constructor(private readonly options: SessionOptions) {}

  /** The access token, or null when there is none. */
  readonly currentToken = (): string | null => this.token;

  /** A token with some life left; renews it when needed or when `fresh` asks for it. */
  readonly lastingToken = async (fresh: boolean): Promise<string> => {
    if (fresh || this.token === null || Date.now() > this.endsAt - MARGIN_MS) await this.renew(this.token);
    if (this.token === null) throw new ApiError({ title: "Signed out", status: 401 });
    return this.token;
  };

  /** Signs in, or throws the ApiError or NetworkError that says why not. */
  readonly signIn = async (email: string, password: string): Promise<void> => {
    const response = await send("/auth/login", { method: "POST", body: { email, password } });
    if (!response.ok) throw await problemOf(response);
    await this.accept((await response.json()) as TokenAnswer<User>);
  };

  /** Ends the session here even when the server cannot be told. */
  readonly signOut = async (): Promise<void> => {
    const told = send("/auth/logout", { method: "POST", token: this.token });
    this.end(false);
    await told.catch(() => undefined);
  };

  /** Ends the session on every device, or throws the error that says why it goes on. */
  readonly signOutEverywhere = async (): Promise<void> => {
    await this.expect("/auth/logout-everywhere");
    this.end(false);
  };

  /** Changes the person's password. It ends the sessions of all other devices; this one goes on with a new token. */
  readonly changePassword = async (current: string, next: string): Promise<void> => {
    const response = await this.expect("/auth/password", { current_password: current, new_password: next });
    await this.accept((await response.json()) as TokenAnswer<User>);
  };

  /** On load: tries the refresh cookie and settles what the first screen is. */
  readonly resume = async (): Promise<void> => {
    try {
      await this.renew(null);
    } catch (error) {
      if (this.state.get().status === "signed-in") return;
      if (isRefusal(error)) this.end(false);
      else await this.startWithout(error);
    }
  };

  /** Begins anew, as on load. */
  readonly retry = (): void => this.state.set({ status: "starting" });

  /**
   * Renews the access token once for all callers that hold the same stale one.
   * A refused renewal ends the session; a failed one (no network, a server error) leaves it as it is and throws.
   */
  readonly renew = async (stale: string | null): Promise<void> => {
    if (this.token !== stale) return;
    this.renewing ??= this.alone(this.requestRenewal).finally(() => {
      this.renewing = null;
    });
    await this.renewing;
  };

  /** Asks the API as the signed-in user for JSON. After a 401 the token is renewed once and the request sent once more. */
  readonly ask = async <T>(path: string, call: Omit<Call, "token"> = {}): Promise<T> => {
    const response = await this.twice((token) => send(path, { ...call, token }));
    if (!response.ok) throw await problemOf(response);
    return (await response.json()) as T;
  };

  /** The same as a `fetch` for clients that bring their own requests; it answers whatever the server does. */
  readonly fetch = (request: Request): Promise<Response> =>
    this.twice((token) => {
      const sent = request.clone();
      if (token) sent.headers.set("Authorization", `Bearer ${token}`);
      return answer((signal) => fetch(sent, { signal, cache: "no-store" }), request.signal);
    });

  /** Once only: a 401 here also means a wrong password, which a second try would count again. */
  private async expect(path: string, body?: unknown): Promise<Response> {
    const response = await send(path, { method: "POST", token: await this.lastingToken(false), body });
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  private async twice(request: (token: string | null) => Promise<Response>): Promise<Response> {
    const used = this.token;
    const response = await request(used);
    if (response.status !== 401) return response;
    await this.renew(used);
    return request(this.token);
  }

  private readonly requestRenewal = async (): Promise<void> => {
    const response = await send("/auth/refresh", { method: "POST" });
    if (response.ok) {
      await this.accept((await response.json()) as TokenAnswer<User>);
      return;
    }
    const error = await problemOf(response);
    if (error.status === 401 || error.status === 403) this.end(this.state.get().status === "signed-in");
    throw error;
  };

  /** The refresh cookie works once, so only one tab of this browser may use it at a time. */
  private async alone(work: () => Promise<void>): Promise<void> {
    if ("locks" in navigator) await navigator.locks.request(`${this.options.name}-refresh`, work);
    else await work();
  }

  /** No answer came: whoever was here last may read on what was read then; anything else waits for the server. */
  private async startWithout(error: unknown): Promise<void> {
    const user = this.options.keepsReadings ? await rememberedReader<User>() : null;
    this.state.set(user ? { status: "signed-in", user } : { status: "unreachable", error });
  }

  private async accept({ access_token, expires_in, user }: TokenAnswer<User>): Promise<void> {
    this.token = access_token;
    this.endsAt = Date.now() + expires_in * 1000;
    if (this.options.keepsReadings) await openReadings(user);
    this.state.set({ status: "signed-in", user });
  }

  private end(byServer: boolean): void {
    this.token = null;
    this.endsAt = 0;
    if (this.options.keepsReadings) void closeReadings();
    this.state.set({ status: "signed-out", ended: byServer });
  }
}

/** Whether the server has said no, and will say it again. */
const isRefusal = (error: unknown): boolean => error instanceof ApiError && error.status < 500 && error.status !== 429;

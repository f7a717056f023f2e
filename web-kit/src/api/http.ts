import { noteReading } from "../offline/readings";
import { NetworkError } from "./errors";

const TIMEOUT_MS = 15_000;

export interface Call {
  method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  body?: unknown;
  token?: string | null;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** Sends one request below /api of this origin and returns whatever answer comes, as `answer` does. */
export const send = (path: string, call: Call = {}): Promise<Response> =>
  answer((signal) => fetch(`/api${path}`, { ...requestOf(call), signal }), call.signal);

/**
 * The answer to a request, whatever it says. Throws NetworkError when none comes in time, 15 s unless said otherwise;
 * an abort by the caller's own signal stays an AbortError.
 */
export async function answer(
  request: (signal: AbortSignal) => Promise<Response>,
  own?: AbortSignal,
  patience: number = TIMEOUT_MS,
): Promise<Response> {
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), patience);
  const forward = () => clock.abort();
  own?.addEventListener("abort", forward);
  try {
    const response = await request(clock.signal);
    noteReading(response);
    return response;
  } catch (error) {
    if (own?.aborted) throw error;
    throw new NetworkError();
  } finally {
    clearTimeout(timer);
    own?.removeEventListener("abort", forward);
  }
}

function requestOf({ method = "GET", body, token, headers }: Call): RequestInit {
  const all: Record<string, string> = { Accept: "application/json", ...headers };
  if (token) all["Authorization"] = `Bearer ${token}`;
  if (body !== undefined) all["Content-Type"] = "application/json";
  const request: RequestInit = { method, headers: all, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) request.body = JSON.stringify(body);
  return request;
}

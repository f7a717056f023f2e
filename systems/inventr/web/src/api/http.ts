import { NetworkError } from "./errors";

const TIMEOUT_MS = 15_000;

export interface Call {
  method?: "GET" | "POST" | "PATCH";
  body?: unknown;
  token?: string | null;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/**
 * Sends one request below /api of this origin and returns whatever answer comes.
 * Throws NetworkError when none comes within 15 s; an abort by the caller stays an AbortError.
 */
export async function send(path: string, call: Call = {}): Promise<Response> {
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), TIMEOUT_MS);
  const forward = () => clock.abort();
  call.signal?.addEventListener("abort", forward);
  try {
    return await fetch(`/api${path}`, { ...requestOf(call), signal: clock.signal });
  } catch (error) {
    if (call.signal?.aborted) throw error;
    throw new NetworkError();
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener("abort", forward);
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

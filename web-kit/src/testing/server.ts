import { vi } from "vitest";

/** A request as the server sees it. */
export interface Seen {
  method: string;
  path: string;
  token: string | null;
  key: string | null;
  body: unknown;
}

type Reply = (request: Seen) => Response | Promise<Response>;

/** Answers every fetch with `reply` and keeps what was asked. */
export function serve(reply: Reply): Seen[] {
  const seen: Seen[] = [];
  vi.stubGlobal("fetch", async (target: string | Request, init: RequestInit = {}) => {
    const request = target instanceof Request ? await ofRequest(target) : ofCall(target, init);
    seen.push(request);
    return await reply(request);
  });
  return seen;
}

const ofCall = (path: string, init: RequestInit): Seen =>
  seenAs(init.method ?? "GET", path, new Headers(init.headers), init.body ? (init.body as string) : "");

async function ofRequest(request: Request): Promise<Seen> {
  const { pathname, search } = new URL(request.url);
  return seenAs(request.method, `${pathname}${search}`, request.headers, await request.clone().text());
}

const seenAs = (method: string, path: string, headers: Headers, body: string): Seen => ({
  method,
  path,
  token: headers.get("Authorization")?.replace("Bearer ", "") ?? null,
  key: headers.get("Idempotency-Key"),
  body: body ? JSON.parse(body) : null,
});

/** An answer with this body. */
export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

/** A refusal, as RFC 9457 writes it. */
export const problem = (status: number, title: string, more: object = {}): Response => json({ title, status, ...more }, status);

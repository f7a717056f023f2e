/// Inside a service worker: the last-read answers of the API, for reading without a network.

import { READ_AT, READER, READINGS } from "./names";

/** At most this many answers are kept; of more than that the ones that came first go. */
const MOST = 400;
/** What an edge answers when nobody behind it does. */
const NOBODY = new Set([502, 503, 504]);

/**
 * The server's answer, which is kept while it is on its way (`meanwhile` is told of that work); without one, what was
 * answered last, marked with the time of then.
 */
export async function reading(request: Request, meanwhile: (work: Promise<void>) => void): Promise<Response> {
  let answer: Response | undefined;
  try {
    answer = await fetch(request);
  } catch (error) {
    return (await lastRead(request)) ?? Promise.reject(error as Error);
  }
  if (NOBODY.has(answer.status)) return (await lastRead(request)) ?? answer;
  if (answer.status === 200) meanwhile(keep(request, answer.clone()));
  return answer;
}

/** The store is for one person: an answer to anybody else's token is not kept, nor is one that outlives the sign-out. */
async function keep(request: Request, answer: Response): Promise<void> {
  const person = subjectOf(request.headers.get("Authorization"));
  if (person === null || person !== (await readerId())) return;
  const headers = new Headers(answer.headers);
  headers.set(READ_AT, new Date().toISOString());
  const kept = new Response(await answer.arrayBuffer(), { status: answer.status, headers });
  if (person !== (await readerId())) return;
  const store = await caches.open(READINGS);
  await store.put(keyOf(request), kept);
  if (person === (await readerId())) await makeRoom(store);
  else await caches.delete(READINGS);
}

async function lastRead(request: Request): Promise<Response | undefined> {
  const person = subjectOf(request.headers.get("Authorization"));
  // Without a network there may be no token yet: then whoever has not signed out reads on.
  if (person !== null && person !== (await readerId())) return undefined;
  return caches.match(keyOf(request), { cacheName: READINGS });
}

/** The address alone: headers such as the token differ each time. */
const keyOf = (request: Request): string => request.url;

async function readerId(): Promise<string | null> {
  const found = await caches.match(READER, { cacheName: READINGS });
  return found ? String(((await found.json()) as { id?: unknown }).id) : null;
}

async function makeRoom(store: Cache): Promise<void> {
  const all = (await store.keys()).filter((key) => !key.url.endsWith(READER));
  await Promise.all(all.slice(0, Math.max(0, all.length - MOST)).map((key) => store.delete(key)));
}

/** Whom an access token was given to, as it says itself; the server has checked it before it answered. */
export function subjectOf(authorization: string | null): string | null {
  const body = authorization?.split(".")[1];
  if (!body) return null;
  try {
    const claims = JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/"))) as { sub?: unknown };
    return typeof claims.sub === "string" ? claims.sub : null;
  } catch {
    return null;
  }
}

import { observable } from "../store/observable";
import { READ_AT, READER, READINGS } from "./names";

/**
 * What somebody has read of the API is kept by the service worker (see `answers.ts`) for reading without a network.
 * The store belongs to one person, who is written down in it; nothing is kept while nobody is. Signing out empties it.
 */

/** When what the screens show was read, milliseconds since 1970, or null while it comes from the server. */
export const readAt = observable<number | null>(null);

/** Remembers whether an answer came from the server or from the store. */
export function noteReading(response: Response): void {
  const header = response.headers.get(READ_AT);
  readAt.set(header === null ? null : Date.parse(header));
}

/** From now on what `user` reads is kept; what another has read is gone. */
export async function openReadings(user: unknown): Promise<void> {
  if (!("caches" in globalThis)) return;
  const text = JSON.stringify(user);
  const before = await readerText();
  if (before !== null && idOf(before) !== idOf(text)) await caches.delete(READINGS);
  await (await caches.open(READINGS)).put(READER, new Response(text));
}

/** Forgets who was reading, and all that was read. */
export async function closeReadings(): Promise<void> {
  readAt.set(null);
  if ("caches" in globalThis) await caches.delete(READINGS);
}

/** Who read last in this browser and has not signed out, or null. */
export async function rememberedReader<User>(): Promise<User | null> {
  const text = "caches" in globalThis ? await readerText() : null;
  return text === null ? null : (JSON.parse(text) as User);
}

async function readerText(): Promise<string | null> {
  const found = await caches.match(READER, { cacheName: READINGS });
  return found ? found.text() : null;
}

const idOf = (text: string): unknown => (JSON.parse(text) as { id?: unknown }).id;

import { observable } from "../store/observable";

/** What a screen reader is told, politely, in its own time. */
export const announcement = observable("");

const GATHER_MS = 2_000;

/** Says a sentence now. */
export function announce(text: string): void {
  announcement.set(text);
}

/**
 * Gathers changes by name for two seconds, so that a busy shop does not talk without a pause; `sentence` then says
 * the newest of each.
 */
export function gatheredAnnouncements<V>(sentence: (changes: ReadonlyMap<string, V>) => string): (name: string, value: V) => void {
  let pending = new Map<string, V>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (name, value) => {
    pending.set(name, value);
    timer ??= setTimeout(() => {
      announce(sentence(pending));
      pending = new Map();
      timer = undefined;
    }, GATHER_MS);
  };
}

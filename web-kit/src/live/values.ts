import { useSyncExternalStore } from "react";

/** Whether moment `a` is after moment `b`, both ISO 8601; finer than a millisecond where they are written alike. */
function isAfter(a: string, b: string): boolean {
  const difference = Date.parse(a) - Date.parse(b);
  return difference === 0 ? a > b : difference > 0;
}

/** Values by key that the server has announced since the page was opened. Older news never replaces newer. */
export class LiveValues<V> {
  private readonly values = new Map<string, { value: V; at: string }>();
  private readonly listeners = new Map<string, Set<() => void>>();

  /** Takes an announcement; returns false when it says nothing new. */
  announce(key: string, value: V, at: string): boolean {
    const held = this.values.get(key);
    if (held && !isAfter(at, held.at)) return false;
    this.values.set(key, { value, at });
    for (const listener of this.listeners.get(key) ?? []) listener();
    return true;
  }

  /** The newest of what was fetched, as of `at`, and what was announced. */
  newest(key: string, fetched: V, at: string): V {
    const held = this.values.get(key);
    return held && isAfter(held.at, at) ? held.value : fetched;
  }

  /** Whether some part of the screen shows this value. */
  isShown(key: string): boolean {
    return (this.listeners.get(key)?.size ?? 0) > 0;
  }

  subscribe(key: string, listener: () => void): () => void {
    const set = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) this.listeners.delete(key);
    };
  }

  /** Forgets everything, for the next person who signs in. */
  clear(): void {
    this.values.clear();
  }
}

/** A value that was fetched at `at`, following the server's announcements. It must be the same while nothing changes. */
export function useLiveValue<V>(source: LiveValues<V>, key: string, fetched: V, at: string): V {
  return useSyncExternalStore(
    (listener) => source.subscribe(key, listener),
    () => source.newest(key, fetched, at),
  );
}

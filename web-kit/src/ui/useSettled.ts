import { useEffect, useState } from "react";

const PAUSE_MS = 150;

/** A value after it has not changed for a moment; an empty one at once. */
export function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), value ? PAUSE_MS : 0);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

import { useEffect, useRef } from "react";

/** A scanner types faster than this between two keys, and nobody else does. */
const LONGEST_GAP_MS = 60;
const SHORTEST_CODE = 4;

/**
 * Hears a barcode scanner that acts as a keyboard, wherever the focus is but in a field, which takes the keys itself:
 * quick keys that end with Enter are a code.
 */
export function useWedge(onScan: (code: string) => void): void {
  const scan = useRef(onScan);
  useEffect(() => {
    scan.current = onScan;
  });
  useEffect(() => {
    let code = "";
    let last = 0;
    const hear = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
      if (event.timeStamp - last > LONGEST_GAP_MS) code = "";
      last = event.timeStamp;
      if (event.key.length === 1) code += event.key;
      if (event.key !== "Enter") return;
      if (code.length >= SHORTEST_CODE) {
        // The Enter of a scanner is not for the button that has the focus.
        event.preventDefault();
        scan.current(code);
      }
      code = "";
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, dialog") !== null;

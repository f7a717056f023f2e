import { useEffect, useRef } from "react";

/** Keys further apart than this do not belong together. */
const LONGEST_PAUSE_MS = 500;
const SHORTEST_CODE = 4;

/**
 * Hears a barcode scanner that acts as a keyboard, wherever the focus is but in a field, which takes the keys itself:
 * keys without a pause that end with Enter are a code.
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
      if (event.timeStamp - last > LONGEST_PAUSE_MS) code = "";
      last = event.timeStamp;
      const isInCode = code !== "";
      if (event.key.length === 1) code += event.key;
      // The "/" within a QR code's address is not the one that leads to the search.
      if (isInCode) event.stopImmediatePropagation();
      if (event.key !== "Enter") return;
      if (code.length >= SHORTEST_CODE) {
        // Nor is the Enter of a scanner for the button that has the focus.
        event.preventDefault();
        scan.current(code);
      }
      code = "";
    };
    document.addEventListener("keydown", hear, { capture: true });
    return () => document.removeEventListener("keydown", hear, { capture: true });
  }, []);
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, dialog") !== null;

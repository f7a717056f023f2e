import { type RefObject, useLayoutEffect, useState } from "react";

/** What a drawing is as wide as until it has been measured, in pixels. */
const GUESS = 640;

/** How wide an element is, in pixels, now and after each change. */
export function useWidth(element: RefObject<Element | null>): number {
  const [width, setWidth] = useState(GUESS);
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured || !("ResizeObserver" in globalThis)) return;
    const measure = () => setWidth(Math.max(1, Math.round(measured.getBoundingClientRect().width)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

import { type RefObject, useLayoutEffect, useState } from "react";

/** What a drawing is as wide as until it has been measured, in pixels. */
const GUESS = 640;

/** How wide an element is, in pixels, now and after each change. */
export function useWidth(element: RefObject<Element | null>): number {
  const [width, setWidth] = useState(GUESS);
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured || !("ResizeObserver" in globalThis)) return;
    const measure = () => {
      const { width: now } = measured.getBoundingClientRect();
      // What is not shown has no width; the last one stays until it is shown again.
      if (now > 0) setWidth(Math.round(now));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

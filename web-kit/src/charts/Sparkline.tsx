import { useId } from "react";

import { axisFor } from "./axis";
import { curve } from "./curve";
import { Patterns } from "./drawn";

const WIDTH = 120;
const HEIGHT = 32;

/** How a figure came about, without axes or numbers. Beside a text that says what matters, hence hidden from screen readers. */
export function Sparkline({ values, className = "h-10 w-full" }: { values: readonly number[]; className?: string }) {
  const id = useId();
  const { low, high } = axisFor(values);
  const places = values.map((value, place) => ({
    x: (place / Math.max(1, values.length - 1)) * WIDTH,
    y: HEIGHT - 2 - ((value - low) / (high - low)) * (HEIGHT - 4),
  }));
  const line = curve(places);
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className={className} aria-hidden="true">
      <Patterns id={id} />
      <path d={`${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} fill={`url(#${id}fade)`} />
      <path d={line} fill="none" strokeWidth="1.75" strokeLinejoin="round" vectorEffect="non-scaling-stroke" className="stroke-chart" />
    </svg>
  );
}

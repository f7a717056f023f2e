import { type PointerEvent, type ReactNode, useId, useRef, useState } from "react";

import { ChartTable } from "./ChartTable";
import { Area, Bars, Grid, Marker, Patterns } from "./drawn";
import { Legend, Readout } from "./Readout";
import { plotOf, type Point, type Words } from "./series";
import { useChosen } from "./useChosen";
import { useWidth } from "./useWidth";

const HEIGHT = 224;

export interface TimeChartProps {
  /** In the order of time; at least one. */
  points: readonly Point[];
  words: Words;
  kind?: "bars" | "area";
  /** What stands at a height of the axis, such as "€20K". */
  scale: (value: number) => string;
  /** What stands beside the readout. */
  aside?: ReactNode;
}

/**
 * Values over time as bars or as an area, beside those of the period before. The readout follows the pointer, and
 * the arrow keys when the chart has the focus; a table below says it all.
 */
export function TimeChart({ points, words, kind = "bars", scale, aside }: TimeChartProps) {
  const { chosen, choose, onKeyDown } = useChosen(points.length);
  const [focused, setFocused] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const plot = plotOf(points, useWidth(frame), HEIGHT, scale);
  const id = useId();
  const place = chosen ?? points.length - 1;
  const shown = points[place];
  if (!shown) return null;

  const point = ({ clientX, currentTarget }: PointerEvent) => {
    const along = clientX - currentTarget.getBoundingClientRect().left - plot.left;
    choose(Math.min(points.length - 1, Math.max(0, Math.floor(along / plot.slot))));
  };

  return (
    <figure>
      <div className="mb-3 flex flex-wrap items-start justify-between gap-x-6 gap-y-2">
        <Readout point={shown} words={words} />
        {aside}
      </div>
      <div
        ref={frame}
        role="slider"
        tabIndex={0}
        aria-label={`${words.title}. The arrow keys go from one to the next.`}
        aria-orientation="horizontal"
        aria-valuemin={1}
        aria-valuemax={points.length}
        aria-valuenow={place + 1}
        aria-valuetext={spoken(shown, words)}
        className="h-56 touch-pan-y rounded-md"
        onKeyDown={onKeyDown}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => focused || choose(null)}
        onFocus={() => setFocused(true)}
        onBlur={() => {
          setFocused(false);
          choose(null);
        }}
      >
        <svg viewBox={`0 0 ${plot.width} ${plot.height}`} className="block h-full w-full select-none" aria-hidden="true">
          <Patterns id={id} />
          <Grid points={points} plot={plot} scale={scale} chosen={chosen} />
          {kind === "bars" ? <Bars points={points} plot={plot} chosen={chosen} id={id} /> : <Area points={points} plot={plot} id={id} />}
          {chosen === null || kind === "bars" ? null : <Marker point={shown} place={place} plot={plot} />}
        </svg>
      </div>
      <figcaption className="mt-1 flex flex-wrap items-start justify-between gap-x-6">
        <Legend words={words} kind={kind} />
        <ChartTable points={points} words={words} />
      </figcaption>
    </figure>
  );
}

function spoken({ label, text, note, before }: Point, words: Words): string {
  const then = before && words.before ? `; ${words.before}, ${before.label}: ${before.text}` : "";
  return `${label}: ${text}${note ? `, ${note}` : ""}${then}`;
}

import { curve } from "./curve";
import { named, type Plot, type Point } from "./series";

/** What the drawings of one chart are filled with; `id` keeps them apart from those of others. */
export function Patterns({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={`${id}hatch`} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="1.75" height="5" className="fill-edge" />
      </pattern>
      <linearGradient id={`${id}fade`} x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stopOpacity="0.34" className="[stop-color:var(--chart)]" />
        <stop offset="1" stopOpacity="0.03" className="[stop-color:var(--chart)]" />
      </linearGradient>
    </defs>
  );
}

interface GridProps {
  points: readonly Point[];
  plot: Plot;
  scale: (value: number) => string;
  chosen: number | null;
}

export function Grid({ points, plot, scale, chosen }: GridProps) {
  const { axis, left, width, bottom, height, x, y } = plot;
  return (
    <>
      {axis.ticks.map((tick) => (
        <g key={tick}>
          <line x1={left} x2={width} y1={y(tick)} y2={y(tick)} className={tick === 0 ? "stroke-edge" : "stroke-line"} />
          <text x={left - 8} y={y(tick) + 4} textAnchor="end" className="fill-muted text-[11px] tabular-nums">
            {scale(tick)}
          </text>
        </g>
      ))}
      {named(points.length, plot).map((place) => (
        <text
          key={place}
          x={Math.min(x(place), width - 2)}
          y={height - 8}
          textAnchor={x(place) > width - 24 ? "end" : "middle"}
          className="fill-muted text-[11px] tabular-nums"
        >
          {points[place]?.tick}
        </text>
      ))}
      {chosen === null ? null : <line x1={x(chosen)} x2={x(chosen)} y1={0} y2={bottom} className="stroke-edge" strokeDasharray="2 3" />}
    </>
  );
}

interface DrawnProps {
  points: readonly Point[];
  plot: Plot;
  id: string;
}

/** A bar for each point, and behind it a hatched one for the period before. */
export function Bars({ points, plot, id, chosen }: DrawnProps & { chosen: number | null }) {
  const { slot, x } = plot;
  const isCompared = points.some(({ before }) => before);
  const wide = Math.min(slot * (isCompared ? 0.46 : 0.68), 34);
  const shift = isCompared ? wide * 0.42 : 0;
  return points.map(({ key, value, before }, place) => (
    <g key={key} className={chosen === null || chosen === place ? "" : "opacity-45"}>
      {before ? <Bar middle={x(place) - shift} wide={wide} value={before.value} plot={plot} fill={`url(#${id}hatch)`} /> : null}
      <Bar middle={x(place) + shift} wide={wide} value={value} plot={plot} />
    </g>
  ));
}

interface BarProps {
  middle: number;
  wide: number;
  value: number;
  plot: Plot;
  /** A pattern instead of the accent. */
  fill?: string;
}

function Bar({ middle, wide, value, plot: { y }, fill }: BarProps) {
  if (value === 0) return null;
  const high = Math.max(Math.abs(y(0) - y(value)), 1);
  const top = value > 0 ? y(0) - high : y(0);
  const look = fill ? "stroke-edge" : value > 0 ? "fill-chart" : "fill-bad";
  return (
    <rect x={middle - wide / 2} y={top} width={wide} height={high} rx={Math.min(2, wide / 4)} className={look} {...(fill ? { fill, strokeWidth: 1 } : {})} />
  );
}

/** A line over a fading area, and a dashed line for the period before. */
export function Area({ points, plot, id }: DrawnProps) {
  const { x, y } = plot;
  const line = curve(points.map(({ value }, place) => ({ x: x(place), y: y(value) })));
  const before = curve(points.flatMap((point, place) => (point.before ? [{ x: x(place), y: y(point.before.value) }] : [])));
  const ground = `L${x(points.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`;
  return (
    <>
      <path d={`${line}${ground}`} fill={`url(#${id}fade)`} />
      <path d={before} fill="none" strokeWidth="1.5" strokeDasharray="5 4" className="stroke-muted" />
      <path d={line} fill="none" strokeWidth="2.25" strokeLinejoin="round" strokeLinecap="round" className="stroke-chart" />
      {points.length === 1 ? <circle cx={x(0)} cy={y(points[0]?.value ?? 0)} r="4" className="fill-chart" /> : null}
    </>
  );
}

/** The point that is looked at. */
export function Marker({ point, place, plot: { x, y } }: { point: Point; place: number; plot: Plot }) {
  return (
    <>
      {point.before ? (
        <circle cx={x(place)} cy={y(point.before.value)} r="3.5" strokeWidth="1.5" className="fill-surface stroke-muted" />
      ) : null}
      <circle cx={x(place)} cy={y(point.value)} r="5" strokeWidth="2" className="fill-chart stroke-surface" />
    </>
  );
}

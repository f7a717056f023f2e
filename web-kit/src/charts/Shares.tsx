import { useId } from "react";

/** A bar as long as a share of 1. Beside a text that says how much, hence hidden from screen readers. */
export function ShareBar({ share, className = "h-1 w-full" }: { share: number; className?: string }) {
  return (
    <svg viewBox="0 0 100 4" preserveAspectRatio="none" className={className} aria-hidden="true">
      <rect width={Math.min(1, Math.max(0, share)) * 100} height="4" className="fill-chart" />
    </svg>
  );
}

export interface Part {
  key: string;
  name: string;
  value: number;
  text: string;
}

const LOOKS = ["fill-chart", "dots", "fill-edge", "hatch", "fill-chart/45", "lines"] as const;
const PERCENT = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** What a whole consists of: one bar in parts, told apart by colour and texture, with each named below. */
export function Shares({ label, parts }: { label: string; parts: readonly Part[] }) {
  const id = useId();
  const whole = parts.reduce((sum, { value }) => sum + Math.max(0, value), 0) || 1;
  const drawn = parts.map((part, place) => ({
    ...part,
    fill: LOOKS[place % LOOKS.length] ?? "fill-chart",
    start: (parts.slice(0, place).reduce((sum, { value }) => sum + Math.max(0, value), 0) / whole) * 1000,
    width: (Math.max(0, part.value) / whole) * 1000,
  }));
  return (
    <figure aria-label={label}>
      <svg viewBox="0 0 1000 28" preserveAspectRatio="none" className="h-7 w-full rounded-md" aria-hidden="true">
        <Textures id={id} />
        {drawn.map(({ key, fill, start, width }) => (
          <Filled key={key} id={id} fill={fill} x={start + 1} width={Math.max(1, width - 2)} height={28} />
        ))}
      </svg>
      <dl className="mt-3 space-y-1.5 text-sm">
        {drawn.map(({ key, name, value, text, fill }) => (
          <div key={key} className="flex items-center gap-2.5">
            <svg viewBox="0 0 28 28" className="size-3.5 shrink-0 rounded-sm" aria-hidden="true">
              <Filled id={id} fill={fill} x={0} width={28} height={28} />
            </svg>
            <dt className="min-w-0 flex-1 truncate">{name}</dt>
            <dd className="font-medium tabular-nums">{text}</dd>
            <dd className="w-14 text-right text-muted tabular-nums">{PERCENT.format(Math.max(0, value) / whole)}</dd>
          </div>
        ))}
      </dl>
    </figure>
  );
}

interface FilledProps {
  id: string;
  fill: (typeof LOOKS)[number];
  x: number;
  width: number;
  height: number;
}

function Filled({ id, fill, ...place }: FilledProps) {
  if (fill.startsWith("fill-")) return <rect {...place} className={fill} />;
  return (
    <>
      <rect {...place} className="fill-accent-soft" />
      <rect {...place} fill={`url(#${id}${fill})`} />
    </>
  );
}

function Textures({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={`${id}dots`} width="8" height="8" patternUnits="userSpaceOnUse">
        <circle cx="4" cy="4" r="2" className="fill-chart" />
      </pattern>
      <pattern id={`${id}hatch`} width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="3" height="8" className="fill-chart" />
      </pattern>
      <pattern id={`${id}lines`} width="8" height="6" patternUnits="userSpaceOnUse">
        <rect width="8" height="2.5" className="fill-chart" />
      </pattern>
    </defs>
  );
}

import { count, dayText, money } from "@stackyard/web-kit/format";
import { Card } from "@stackyard/web-kit/ui";
import { type PointerEvent, useState } from "react";

import type { RevenueDay } from "../../api/types";
import { DayTable } from "./DayTable";
import { roundUp } from "./scale";

const SLOT = 10;
const HEIGHT = 100;

/** Revenue per day as bars, with the pointed day written above and all of it as a table below. */
export function DayChart({ days, currency }: { days: RevenueDay[]; currency: string }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const top = roundUp(Math.max(0, ...days.map((day) => Number(day.revenue))));
  const shown = days[pointed ?? days.length - 1];
  if (!shown) return null;

  const point = (event: PointerEvent<SVGElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const place = Math.floor(((event.clientX - left) / width) * days.length);
    setPointed(Math.min(days.length - 1, Math.max(0, place)));
  };

  return (
    <Card className="p-4 md:p-5">
      <p className="mb-3 text-sm" aria-hidden="true">
        <span className="font-semibold tabular-nums">{money(shown.revenue, currency)}</span>{" "}
        <span className="text-muted">
          {dayText(shown.date)}, {count(shown.orders, "order")}
        </span>
      </p>
      <div className="grid grid-cols-[1fr_auto] gap-x-2">
        <svg
          role="img"
          aria-label={spoken(days, currency)}
          viewBox={`0 0 ${days.length * SLOT} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="h-44 w-full touch-pan-y"
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => setPointed(null)}
        >
          {[0, 0.5, 1].map((share) => (
            <line key={share} x2={days.length * SLOT} y1={share * HEIGHT} y2={share * HEIGHT} className="stroke-line" vectorEffect="non-scaling-stroke" />
          ))}
          {days.map((day, place) => (
            <Bar key={day.date} place={place} share={Number(day.revenue) / top} lit={pointed === null || pointed === place} />
          ))}
        </svg>
        <div aria-hidden="true" className="flex flex-col justify-between text-right text-xs leading-none text-muted tabular-nums">
          <span>{top}</span>
          <span>{top / 2}</span>
          <span>0</span>
        </div>
        <div aria-hidden="true" className="mt-2 flex justify-between text-xs text-muted">
          {[days[0], days[Math.floor(days.length / 2)], days.at(-1)].map((day) => day && <span key={day.date}>{dayText(day.date)}</span>)}
        </div>
      </div>
      <DayTable days={days} currency={currency} />
    </Card>
  );
}

function Bar({ place, share, lit }: { place: number; share: number; lit: boolean }) {
  const height = share > 0 ? Math.max(share * HEIGHT, 1) : 0;
  return (
    <rect
      x={place * SLOT + 1.5}
      y={HEIGHT - height}
      width={SLOT - 3}
      height={height}
      className={`fill-accent transition-opacity ${lit ? "" : "opacity-40"}`}
    />
  );
}

function spoken(days: RevenueDay[], currency: string): string {
  const best = days.reduce((one, other) => (Number(other.revenue) > Number(one.revenue) ? other : one));
  return `Revenue per day over ${count(days.length, "day")}. Best day: ${dayText(best.date)} with ${money(best.revenue, currency)}. The table below has every day.`;
}

import { ShareBar } from "@stackyard/web-kit/charts";
import type { ReactNode } from "react";
import { Link } from "react-router-dom";

export interface RankedRow {
  id: string;
  name: string;
  to?: string;
  /** How long its bar is, beside the longest. */
  value: number;
  figure: string;
  note?: ReactNode;
}

/** From the most to the least, each with a bar beside the longest. */
export function Ranked({ label, rows }: { label: string; rows: readonly RankedRow[] }) {
  const most = Math.max(0, ...rows.map(({ value }) => value));
  return (
    <ol aria-label={label} className="divide-y divide-line">
      {rows.map(({ id, name, to, value, figure, note }) => (
        <li key={id} className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 gap-y-0.5 px-5 py-2.5">
          {to ? (
            <Link to={to} className="truncate text-sm font-medium hover:text-accent hover:underline" title={name}>
              {name}
            </Link>
          ) : (
            <span className="truncate text-sm font-medium">{name}</span>
          )}
          <span className="text-right text-sm font-medium tabular-nums">{figure}</span>
          <ShareBar share={most > 0 ? value / most : 0} className="h-1.5 w-full self-center" />
          <span className="text-right text-xs text-muted tabular-nums">{note}</span>
        </li>
      ))}
    </ol>
  );
}

import { Card } from "@stackyard/web-kit/ui";
import type { ReactNode } from "react";
import { Link } from "react-router-dom";

/** Rows on a desk, cards on a phone. */
export function Rows({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Card>
      <ul aria-label={label} className="divide-y divide-line">
        {children}
      </ul>
    </Card>
  );
}

interface RowProps {
  /** Where it leads; the whole row can be clicked. */
  to?: string;
  title: ReactNode;
  /** Below the title. */
  sub?: ReactNode;
  /** Between title and figure on a desk, below the title on a phone. */
  middle?: ReactNode;
  /** At the end of the row. */
  figure?: ReactNode;
  /** Below the figure. */
  note?: ReactNode;
}

/** A row of a list: what it is, what state it is in, and its figure. */
export function Row({ to, title, sub, middle, figure, note }: RowProps) {
  return (
    <li className="relative grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 px-4 py-3 hover:bg-sunken/50 md:grid-cols-[minmax(0,1fr)_14rem_9rem] md:px-5">
      <div className="min-w-0">
        {to ? (
          <Link to={to} className="font-medium after:absolute after:inset-0 hover:text-accent">
            {title}
          </Link>
        ) : (
          <p className="font-medium">{title}</p>
        )}
        {sub ? <p className="text-xs text-muted md:truncate">{sub}</p> : null}
      </div>
      <div className="text-right tabular-nums md:order-3">
        <p className="font-medium">{figure}</p>
        {note ? <p className="text-xs text-muted">{note}</p> : null}
      </div>
      <div className="flex flex-wrap items-center gap-1.5 text-sm text-muted empty:hidden max-md:col-span-2 md:order-2 md:empty:block">{middle}</div>
    </li>
  );
}

import type { ReactNode } from "react";

import { describe } from "../api/errors";
import { Button } from "./Button";

/** An error where the content would have been, with a way on. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail } = describe(error);
  return (
    <div role="alert" className="rounded-xl border border-bad/30 bg-bad-soft p-4">
      <p className="font-medium text-bad">{title}</p>
      <p className="mt-1 text-sm">{detail}</p>
      {onRetry ? (
        <Button look="quiet" className="mt-3" onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/** Nothing to show, and why. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="rounded-xl border border-dashed border-line px-6 py-12 text-center">
      <p className="font-medium">{title}</p>
      <div className="mt-1 text-sm text-muted">{children}</div>
    </div>
  );
}

/** The shape of a list that is on its way. */
export function Skeleton({ rows = 6, className = "h-16" }: { rows?: number; className?: string }) {
  return (
    <div aria-busy="true">
      <span className="sr-only">Loading…</span>
      <div className="space-y-2 motion-safe:animate-pulse" aria-hidden="true">
        {Array.from({ length: rows }, (_, row) => (
          <div key={row} className={`rounded-lg bg-sunken ${className}`} />
        ))}
      </div>
    </div>
  );
}

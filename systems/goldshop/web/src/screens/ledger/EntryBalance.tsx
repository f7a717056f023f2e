import { decimal } from "@stackyard/web-kit/format";
import { Drawing, drawings } from "@stackyard/web-kit/ui";

import { amountText } from "../../format/books";
import type { Balance } from "./entry";

/** Whether debits and credits are equal, while they are being typed. */
export function EntryBalance({ balance: { debit, credit, difference }, obstacle }: { balance: Balance; obstacle: string | null }) {
  const isReady = obstacle === null;
  return (
    <div
      className={`flex flex-wrap items-center justify-between gap-x-8 gap-y-2 border-t px-4 py-4 transition-colors md:px-5 ${isReady ? "border-good/30 bg-good-soft" : "border-line bg-sunken/60"}`}
    >
      <dl className="flex flex-wrap gap-x-8 gap-y-2 text-sm tabular-nums">
        <Sum name="Debits" value={debit} />
        <Sum name="Credits" value={credit} />
        <Sum name="Difference" value={Math.abs(difference)} isBad={difference !== 0} />
      </dl>
      <p role="status" className={`flex items-center gap-2 text-sm font-medium ${isReady ? "text-good" : "text-muted"}`}>
        {isReady ? <Drawing path={drawings.check} className="size-4" /> : null}
        {obstacle ?? "Balanced: it can be posted."}
      </p>
    </div>
  );
}

function Sum({ name, value, isBad = false }: { name: string; value: number; isBad?: boolean }) {
  return (
    <div>
      <dt className="text-xs text-muted">{name}</dt>
      <dd className={`font-semibold ${isBad ? "text-bad" : ""}`}>{amountText(decimal(value))}</dd>
    </div>
  );
}

import { Drawing, drawings, inputClass } from "@stackyard/web-kit/ui";

import type { Account } from "../../api/types";
import { KINDS } from "../../format/books";
import type { Line } from "./entry";

interface Props {
  line: Line;
  /** Which line it is, from 1, as it is spoken. */
  place: number;
  accounts: Account[];
  onChange: (line: Line) => void;
  /** Puts what is missing here; null when nothing is. */
  onComplete: (() => void) | null;
  /** null where a line cannot be spared. */
  onRemove: (() => void) | null;
}

export function EntryLine({ line, place, accounts, onChange, onComplete, onRemove }: Props) {
  const canComplete = onComplete !== null && line.debit === "" && line.credit === "";
  const amount = (side: "debit" | "credit", other: "debit" | "credit") => (
    <label className="block">
      <span className="mb-1 block text-xs text-muted capitalize">{side}</span>
      <input
        inputMode="decimal"
        autoComplete="off"
        aria-label={`Line ${place}, ${side}`}
        className={`${inputClass} text-right tabular-nums`}
        placeholder="0.00"
        value={line[side]}
        onChange={(event) => onChange({ ...line, [side]: event.target.value, ...(event.target.value ? { [other]: "" } : {}) })}
      />
    </label>
  );
  return (
    <li className="grid grid-cols-2 items-end gap-3 px-4 py-3 md:grid-cols-[minmax(0,1fr)_9rem_9rem_7.5rem] md:px-5">
      <label className="col-span-2 block md:col-span-1">
        <span className="mb-1 block text-xs text-muted">Account</span>
        <select
          aria-label={`Line ${place}, account`}
          className={inputClass}
          value={line.account}
          onChange={(event) => onChange({ ...line, account: event.target.value })}
        >
          <option value="">Choose…</option>
          {KINDS.map(({ kind, name }) => (
            <optgroup key={kind} label={name}>
              {accounts
                .filter((account) => account.kind === kind)
                .map((account) => (
                  <option key={account.code} value={account.code}>
                    {account.code} {account.name}
                  </option>
                ))}
            </optgroup>
          ))}
        </select>
      </label>
      {amount("debit", "credit")}
      {amount("credit", "debit")}
      <div className="col-span-2 flex min-h-11 items-center justify-between gap-1 empty:hidden md:col-span-1 md:justify-end">
        {canComplete ? (
          <button type="button" onClick={onComplete} className="min-h-11 rounded-lg px-2 text-sm font-medium text-accent hover:bg-accent-soft">
            The rest
          </button>
        ) : null}
        {onRemove ? (
          <button
            type="button"
            onClick={onRemove}
            aria-label={`Remove line ${place}`}
            className="ml-auto grid size-11 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink md:ml-0"
          >
            <Drawing path={drawings.remove} className="size-4" />
          </button>
        ) : null}
      </div>
    </li>
  );
}

import { Button, Card } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

import type { StatementRow } from "../../api/types";
import { amountText } from "../../format/books";

export interface StatementPart {
  title: string;
  rows: readonly StatementRow[];
  /** The line below them. */
  total: { name: string; amount: string };
  /** Whether the total is what all of it comes to. */
  isResult?: boolean;
}

const AMOUNT = "py-2 pr-5 pl-3 text-right tabular-nums";

/** A statement of the books: rows with their total, part after part. Accounts that hold nothing are left out. */
export function Statement({ caption, parts }: { caption: string; parts: readonly StatementPart[] }) {
  return (
    <Card className="overflow-hidden print:rounded-none print:border-0">
      <table className="w-full text-left text-sm">
        <caption className="sr-only">{caption}</caption>
        {parts.map((part) => (
          <Part key={part.total.name} part={part} />
        ))}
      </table>
    </Card>
  );
}

function Part({ part: { title, rows, total, isResult = false } }: { part: StatementPart }) {
  const shown = rows.filter(({ amount }) => amount !== "0.00");
  return (
    <tbody>
      {title ? (
        <tr>
          <th scope="colgroup" colSpan={2} className="px-5 pt-5 pb-1.5 font-title text-base font-semibold">
            {title}
          </th>
        </tr>
      ) : null}
      {shown.map(({ code, name, amount }) => (
        <tr key={code + name}>
          <th scope="row" className="py-2 pl-5 font-normal">
            {code ? (
              <Link to={`/ledger/accounts/${code}`} className="hover:text-accent hover:underline">
                {name} <span className="font-mono text-xs text-muted">{code}</span>
              </Link>
            ) : (
              name
            )}
          </th>
          <td className={AMOUNT}>{amountText(amount)}</td>
        </tr>
      ))}
      <tr className={isResult ? "border-y-2 border-ink/70 bg-accent-soft/60 text-base font-semibold" : "border-y border-line bg-sunken/40 font-semibold"}>
        <th scope="row" className="py-2.5 pl-5">
          {total.name}
        </th>
        <td className={AMOUNT}>{amountText(total.amount)}</td>
      </tr>
    </tbody>
  );
}

/** For what is kept in a folder. */
export function PrintButton() {
  return (
    <Button look="quiet" className="print:hidden" onClick={() => window.print()}>
      Print
    </Button>
  );
}

/** What stands below the title of a statement, also on paper. */
export function Caption({ children }: { children: string }) {
  return <p className="mb-4 text-sm text-muted">{children} All amounts in EUR.</p>;
}

import { money } from "@stackyard/web-kit/format";
import { buttonClass, Card, Drawing, drawings, Loaded } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";

import { accountsQuery } from "../../api/figures";
import type { Account } from "../../api/types";
import { amountText, KINDS, sumOf } from "../../format/books";
import { CURRENCY } from "../../format/shop";
import { Books } from "./Books";

/** All accounts and what they hold. */
export default function Accounts() {
  const query = useQuery(accountsQuery);
  return (
    <Books title="Ledger" aside={<NewEntryLink />}>
      <Loaded query={query}>
        {(accounts) => (
          <div className="gap-5 lg:columns-2">
            {KINDS.map(({ kind, name }) => (
              <Kind key={kind} name={name} accounts={accounts.filter((account) => account.kind === kind)} />
            ))}
          </div>
        )}
      </Loaded>
    </Books>
  );
}

function Kind({ name, accounts }: { name: string; accounts: Account[] }) {
  return (
    <Card className="mb-5 break-inside-avoid overflow-hidden">
      <h2 className="flex items-baseline justify-between gap-4 border-b border-line bg-sunken/50 px-5 py-3">
        <span className="font-title text-lg font-semibold">{name}</span>
        <span className="font-semibold tabular-nums">{money(sumOf(accounts.map(({ balance }) => balance)), CURRENCY)}</span>
      </h2>
      <ul aria-label={name} className="divide-y divide-line">
        {accounts.map((account) => (
          <li key={account.code} className="relative flex items-baseline gap-3 px-5 py-2.5 hover:bg-sunken/50">
            <span className="font-mono text-xs text-muted">{account.code}</span>
            <Link to={`/ledger/accounts/${account.code}`} className="min-w-0 flex-1 after:absolute after:inset-0 hover:text-accent">
              {account.name}
            </Link>
            <span className={`tabular-nums ${account.balance === "0.00" ? "text-muted" : "font-medium"}`}>{amountText(account.balance)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function NewEntryLink() {
  return (
    <Link to="/ledger/new" className={buttonClass("primary", "print:hidden")}>
      <Drawing path={drawings.plus} className="size-4" />
      New entry
    </Link>
  );
}

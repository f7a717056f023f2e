import { Empty, Loaded, More, TextField } from "@stackyard/web-kit/ui";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams, useSearchParams } from "react-router-dom";

import { accountsQuery, journalQuery } from "../../api/figures";
import { money } from "@stackyard/web-kit/format";
import { isDate } from "../../format/days";
import { CURRENCY } from "../../format/shop";
import { NewEntryLink } from "./Accounts";
import { Books } from "./Books";
import { JournalRows } from "./JournalRows";

const BACK = { to: "/ledger", label: "Ledger" };

/** Transactions, of all accounts or of the one in the address. */
export default function Journal() {
  const { code = "" } = useParams();
  const account = useQuery(accountsQuery).data?.find((one) => one.code === code);
  const { filter, put } = useDays();
  const query = useInfiniteQuery(journalQuery({ account: code, ...filter }));
  return (
    <Books
      title={code ? (account ? `${account.code} ${account.name}` : code) : "Journal"}
      {...(code ? { back: BACK } : {})}
      aside={account ? <Balance amount={account.balance} /> : <NewEntryLink />}
    >
      <div role="search" aria-label="Days" className="mb-4 grid max-w-md grid-cols-2 gap-3">
        <TextField label="From" type="date" value={filter.from} max={filter.to} onChange={(event) => put("from", event.target.value)} />
        <TextField label="To" type="date" value={filter.to} min={filter.from} onChange={(event) => put("to", event.target.value)} />
      </div>
      <Loaded query={query}>
        {({ pages }) => {
          const transactions = pages.flatMap(({ items }) => items);
          if (transactions.length === 0) return <Empty title="No transactions">None was written in these days.</Empty>;
          return (
            <div className={query.isPlaceholderData ? "opacity-60 transition-opacity" : ""} aria-busy={query.isPlaceholderData}>
              <JournalRows transactions={transactions} account={code} />
              <More query={query} />
            </div>
          );
        }}
      </Loaded>
    </Books>
  );
}

function Balance({ amount }: { amount: string }) {
  return (
    <p className="text-right">
      <span className="block text-xs text-muted">Balance</span>
      <span className="text-xl font-semibold tabular-nums">{money(amount, CURRENCY)}</span>
    </p>
  );
}

/** From which day to which, as the address says; "" for no end. */
function useDays() {
  const [params, setParams] = useSearchParams();
  const of = (name: string) => {
    const text = params.get(name) ?? "";
    return isDate(text) ? text : "";
  };
  const put = (name: "from" | "to", value: string) =>
    setParams(
      (before) => {
        if (value) before.set(name, value);
        else before.delete(name);
        return before;
      },
      { replace: true },
    );
  return { filter: { from: of("from"), to: of("to") }, put };
}

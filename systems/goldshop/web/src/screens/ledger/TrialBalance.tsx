import { dateText } from "@stackyard/web-kit/format";
import { Card, Loaded, TextField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";

import { trialBalanceQuery } from "../../api/figures";
import type { TrialBalance as Shown } from "../../api/types";
import { amountText } from "../../format/books";
import { today } from "../../format/days";
import { Books } from "./Books";
import { Caption, PrintButton } from "./Statement";
import { useDates } from "./useDates";

const CELL = "px-2 py-2 text-right tabular-nums last:pr-4 md:px-3 md:last:pr-5";
const WIDE = `${CELL} max-md:hidden print:table-cell`;

/** Debits and credits of every account: both sides are equal, or the books are wrong. */
export default function TrialBalance() {
  const { dates, put } = useDates({ at: today() });
  const query = useQuery(trialBalanceQuery(dates.at));
  return (
    <Books title="Trial balance" aside={<PrintButton />}>
      <TextField label="As at" type="date" className="mb-4 max-w-52 print:hidden" value={dates.at} onChange={(event) => put({ at: event.target.value })} />
      <Loaded query={query}>
        {(balance) => (
          <>
            <Caption>{`Until the end of ${dateText(balance.at)}.`}</Caption>
            <Table balance={balance} />
          </>
        )}
      </Loaded>
    </Books>
  );
}

function Table({ balance: { rows, debit, credit } }: { balance: Shown }) {
  return (
    <Card className="overflow-hidden print:rounded-none print:border-0">
      <table className="w-full text-left text-xs md:text-sm">
        <caption className="sr-only">Trial balance</caption>
        <thead className="text-xs text-muted">
          <tr className="border-b border-line">
            <th scope="col" className="py-2.5 pl-4 font-medium md:pl-5">
              Account
            </th>
            <th scope="col" className={`${CELL} font-medium`}>
              Debit
            </th>
            <th scope="col" className={`${CELL} font-medium`}>
              Credit
            </th>
            <th scope="col" className={`${WIDE} font-medium`}>
              Balance
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.code} className="border-b border-line last:border-0">
              <th scope="row" className="py-2 pl-4 font-normal md:pl-5">
                <Link to={`/ledger/accounts/${row.code}`} className="hover:text-accent hover:underline">
                  {row.name} <span className="font-mono text-xs text-muted">{row.code}</span>
                </Link>
              </th>
              <td className={CELL}>{blank(row.debit)}</td>
              <td className={CELL}>{blank(row.credit)}</td>
              <td className={`${WIDE} font-medium`}>{blank(row.balance)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot className="border-t-2 border-ink/70 bg-accent-soft/60 font-semibold">
          <tr>
            <th scope="row" className="py-3 pl-4 md:pl-5">
              {debit === credit ? "Both sides are equal" : "The sides differ"}
            </th>
            <td className={CELL}>{amountText(debit)}</td>
            <td className={CELL}>{amountText(credit)}</td>
            <td className={WIDE} />
          </tr>
        </tfoot>
      </table>
    </Card>
  );
}

/** A dash for nothing, so that the eye finds what is there. */
const blank = (amount: string) => (amount === "0.00" ? <span className="text-muted">–</span> : amountText(amount));

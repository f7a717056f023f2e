import { dateText, momentText } from "@stackyard/web-kit/format";
import { Card, Loaded, Page } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useParams } from "react-router-dom";

import { transactionQuery } from "../../api/figures";
import type { Transaction as Shown } from "../../api/types";
import { absolute, amountText, sumOf } from "../../format/books";
import { Pill } from "../../ui/Pill";
import { Reverse } from "./Reverse";
import { SOURCES } from "./sources";

const BACK = { to: "/ledger/journal", label: "Journal" };

export default function Transaction() {
  const { id = "" } = useParams();
  const query = useQuery(transactionQuery(id));
  const aside = query.data?.reversed_by ? <Pill look="warn">Reversed</Pill> : null;
  return (
    <Page title={query.data ? `${query.data.number}: ${query.data.description}` : "Transaction"} back={BACK} aside={aside}>
      <Loaded query={query}>
        {(transaction) => (
          <div className="space-y-6">
            <Facts transaction={transaction} />
            <Postings transaction={transaction} />
            <Reverse transaction={transaction} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Facts({ transaction }: { transaction: Shown }) {
  const { at, source_kind, source_id, created_at, created_by, reverses, reversed_by } = transaction;
  const { name, to } = SOURCES[source_kind];
  return (
    <dl className="flex flex-wrap gap-x-10 gap-y-4 text-sm">
      <Fact name="Date">{dateText(at)}</Fact>
      <Fact name="From">{to && source_id ? <Way to={to + source_id}>{name}</Way> : name}</Fact>
      <Fact name="Written by">
        {created_by}, {momentText(created_at)}
      </Fact>
      {reverses ? (
        <Fact name="Takes back">
          <Way to={`/ledger/transactions/${reverses}`}>The entry that was wrong</Way>
        </Fact>
      ) : null}
      {reversed_by ? (
        <Fact name="Taken back by">
          <Way to={`/ledger/transactions/${reversed_by}`}>Its reversal</Way>
        </Fact>
      ) : null}
    </dl>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt className="text-xs text-muted">{name}</dt>
    <dd className="mt-0.5 font-medium">{children}</dd>
  </div>
);

const Way = ({ to, children }: { to: string; children: ReactNode }) => (
  <Link to={to} className="text-accent underline-offset-2 hover:underline">
    {children}
  </Link>
);

const CELL = "px-3 py-2.5 text-right tabular-nums first:pl-5 last:pr-5";

function Postings({ transaction: { postings } }: { transaction: Shown }) {
  const debits = postings.map(({ amount }) => amount).filter((amount) => !amount.startsWith("-"));
  const credits = postings.map(({ amount }) => amount).filter((amount) => amount.startsWith("-"));
  return (
    <Card className="overflow-hidden">
      <table className="w-full text-left text-sm">
        <caption className="sr-only">What it moves</caption>
        <thead className="text-xs text-muted">
          <tr className="border-b border-line">
            <th scope="col" className="py-2.5 pl-5 font-medium">
              Account
            </th>
            <th scope="col" className={`${CELL} font-medium`}>
              Debit
            </th>
            <th scope="col" className={`${CELL} font-medium`}>
              Credit
            </th>
          </tr>
        </thead>
        <tbody>
          {postings.map(({ position, account_code, account, amount }) => (
            <tr key={position} className="border-b border-line">
              <th scope="row" className="py-2.5 pl-5 font-normal">
                <Link to={`/ledger/accounts/${account_code}`} className="hover:text-accent hover:underline">
                  {account} <span className="font-mono text-xs text-muted">{account_code}</span>
                </Link>
              </th>
              <td className={CELL}>{amount.startsWith("-") ? null : amountText(amount)}</td>
              <td className={CELL}>{amount.startsWith("-") ? amountText(absolute(amount)) : null}</td>
            </tr>
          ))}
        </tbody>
        <tfoot className="bg-sunken/50 font-semibold">
          <tr>
            <th scope="row" className="py-2.5 pl-5">
              Total
            </th>
            <td className={CELL}>{amountText(sumOf(debits))}</td>
            <td className={CELL}>{amountText(absolute(sumOf(credits)))}</td>
          </tr>
        </tfoot>
      </table>
    </Card>
  );
}

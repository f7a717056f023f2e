import { dateText, money } from "@stackyard/web-kit/format";

import type { Transaction } from "../../api/types";
import { absolute, amountText, sumOf } from "../../format/books";
import { CURRENCY } from "../../format/shop";
import { Pill } from "../../ui/Pill";
import { Row, Rows } from "../../ui/Rows";
import { SOURCES } from "./sources";

interface Props {
  transactions: Transaction[];
  /** Show what they do to this account, rather than all that they move. */
  account?: string;
}

export function JournalRows({ transactions, account = "" }: Props) {
  return (
    <Rows label="Transactions">
      {transactions.map((transaction) => (
        <Row
          key={transaction.id}
          to={`/ledger/transactions/${transaction.id}`}
          title={transaction.description}
          sub={`${dateText(transaction.at)} · ${transaction.number} · ${accountsOf(transaction, account)}`}
          middle={<State transaction={transaction} />}
          {...figureOf(transaction, account)}
        />
      ))}
    </Rows>
  );
}

function State({ transaction: { source_kind, reversed_by } }: { transaction: Transaction }) {
  return (
    <>
      <Pill look={source_kind === "manual" ? "gold" : "plain"}>{SOURCES[source_kind].name}</Pill>
      {reversed_by ? <Pill look="warn">Reversed</Pill> : null}
    </>
  );
}

function figureOf({ postings }: Transaction, account: string) {
  const own = postings.filter(({ account_code }) => account_code === account).map(({ amount }) => amount);
  if (account === "") {
    return { figure: money(sumOf(postings.map(({ amount }) => amount).filter((amount) => !amount.startsWith("-"))), CURRENCY) };
  }
  const sum = sumOf(own);
  return { figure: amountText(absolute(sum)), note: sum.startsWith("-") ? "credit" : "debit" };
}

/** The other accounts that it moves money to or from. */
function accountsOf({ postings }: Transaction, account: string): string {
  return [...new Set(postings.filter(({ account_code }) => account_code !== account).map((posting) => posting.account))].join(", ");
}

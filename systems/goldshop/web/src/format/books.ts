import { cents, decimal } from "@stackyard/web-kit/format";

import type { AccountKind } from "../api/types";

const amounts = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** "1,234.50", "−3.00": an amount in a column whose head says the currency. */
export const amountText = (amount: string): string => amounts.format(Number(amount)).replace("-", "−");

/** The sum of amounts, to the cent. */
export const sumOf = (all: readonly string[]): string => decimal(all.reduce((sum, amount) => sum + cents(amount), 0));

/** The amount without its sign. */
export const absolute = (amount: string): string => amount.replace("-", "");

/** The kinds of accounts in the order of the books. */
export const KINDS: readonly { kind: AccountKind; name: string }[] = [
  { kind: "asset", name: "Assets" },
  { kind: "liability", name: "Liabilities" },
  { kind: "equity", name: "Equity" },
  { kind: "income", name: "Income" },
  { kind: "expense", name: "Expenses" },
];

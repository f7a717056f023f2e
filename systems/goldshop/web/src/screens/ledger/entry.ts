import { cents, decimal } from "@stackyard/web-kit/format";

import type { NewTransaction } from "../../api/types";
import { typedAmount } from "../../format/amounts";

/** A line of an entry as it is typed. */
export interface Line {
  id: number;
  account: string;
  debit: string;
  credit: string;
}

/** What the lines of an entry come to. Amounts are cents. */
export interface Balance {
  debit: number;
  credit: number;
  /** Debits less credits. */
  difference: number;
  /** What keeps it from being posted, or null when nothing does. */
  obstacle: string | null;
}

export const emptyLine = (id: number): Line => ({ id, account: "", debit: "", credit: "" });

const isBlank = ({ account, debit, credit }: Line): boolean => account === "" && debit.trim() === "" && credit.trim() === "";

/** The cents of a side; 0 for none, null for what is no amount. */
function side(text: string): number | null {
  if (text.trim() === "") return 0;
  const amount = typedAmount(text);
  return amount === null ? null : cents(amount);
}

export function balanceOf(lines: readonly Line[]): Balance {
  const sums = (["debit", "credit"] as const).map((name) => lines.reduce((sum, line) => sum + (side(line[name]) ?? 0), 0));
  const [debit = 0, credit = 0] = sums;
  return { debit, credit, difference: debit - credit, obstacle: obstacleOf(lines, debit - credit) };
}

function obstacleOf(lines: readonly Line[], difference: number): string | null {
  const used = lines.filter((line) => !isBlank(line));
  for (const { account, ...line } of used) {
    const [debit, credit] = [side(line.debit), side(line.credit)];
    if (debit === null || credit === null) return "An amount cannot be read: write it like 12.50.";
    if (debit > 0 && credit > 0) return "A line has either a debit or a credit.";
    if (account === "") return "A line has no account yet.";
    if (debit === 0 && credit === 0) return "A line has no amount yet.";
  }
  if (used.length < 2) return "An entry has at least two lines.";
  return difference === 0 ? null : "Debits and credits differ.";
}

/** The lines as the API takes them: a debit is more than zero, a credit less. */
export const postingsOf = (lines: readonly Line[]): NewTransaction["postings"] =>
  lines
    .filter((line) => !isBlank(line))
    .map(({ account, debit, credit }) => ({ account_code: account, amount: decimal((side(debit) ?? 0) - (side(credit) ?? 0)) }));

/** The lines with what is still missing in the line `id`, where that has no amount of its own. */
export function completed(lines: readonly Line[], id: number): Line[] {
  const { difference } = balanceOf(lines);
  const rest = decimal(Math.abs(difference));
  return lines.map((line) => (line.id === id ? { ...line, debit: difference < 0 ? rest : "", credit: difference > 0 ? rest : "" } : line));
}

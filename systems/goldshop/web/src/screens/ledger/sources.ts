import type { Transaction } from "../../api/types";

interface Source {
  name: string;
  /** Where its document is, before the id. */
  to?: string;
}

const SALE: Pick<Source, "to"> = { to: "/sales/" };

/** What transactions come from. */
export const SOURCES: Record<Transaction["source_kind"], Source> = {
  purchase: { name: "Purchase", to: "/purchases/" },
  sale: { name: "Sale", ...SALE },
  return: { name: "Return", ...SALE },
  payment: { name: "Payment", ...SALE },
  adjustment: { name: "Stock count" },
  opening: { name: "Opening" },
  manual: { name: "By hand" },
  reversal: { name: "Reversal" },
};

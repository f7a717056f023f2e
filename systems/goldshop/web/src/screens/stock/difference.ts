import { quantityOf, thousandths } from "../../format/amounts";

/** How much more was counted than is known, signed, such as "-2"; null when what was typed is no quantity. */
export function difference(counted: string, known: string, decimals: number): string | null {
  const plain = counted.trim().replace(",", ".");
  if (!new RegExp(decimals > 0 ? `^\\d{1,9}(\\.\\d{1,${decimals}})?$` : "^\\d{1,9}$").test(plain)) return null;
  return quantityOf(thousandths(plain) - thousandths(known));
}

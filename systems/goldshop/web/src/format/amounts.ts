/** Amounts with quantities that have fractions, such as grams. Whole numbers only: nothing is lost on the way. */

import { cents, decimal } from "@stackyard/web-kit/format";

/** "12.5" → 12500. Throws when the text is not a quantity with at most three decimals. */
export function thousandths(quantity: string): number {
  const match = /^(-?)(\d{1,11})(?:\.(\d{1,3})\d*)?$/.exec(quantity);
  if (!match) throw new RangeError(`Not a quantity: ${quantity}`);
  const value = Number(match[2]) * 1000 + Number((match[3] ?? "").padEnd(3, "0"));
  return match[1] ? -value : value;
}

/** 12500 → "12.5" */
export function quantityOf(value: number): string {
  const sign = value < 0 ? "-" : "";
  const digits = String(Math.abs(value)).padStart(4, "0");
  return (sign + digits.slice(0, -3) + "." + digits.slice(-3)).replace(/\.?0+$/, "");
}

/** What somebody typed as a quantity, such as "2" or "1,5", as the API takes it; null when it is none above zero. */
export function typedQuantity(text: string, decimals: number): string | null {
  const plain = text.trim().replace(",", ".");
  if (!new RegExp(decimals > 0 ? `^\\d{1,9}(\\.\\d{1,${decimals}})?$` : "^\\d{1,9}$").test(plain)) return null;
  return thousandths(plain) > 0 ? plain : null;
}

/** What somebody typed as an amount of money, such as "12.50" or "12,5", with two decimals; null when it is none. */
export function typedAmount(text: string): string | null {
  const plain = text.trim().replace(",", ".");
  return /^\d{1,10}(\.\d{1,2})?$/.test(plain) ? decimal(cents(plain)) : null;
}

/** The quotient of whole numbers, halves away from zero, as the server rounds. */
const rounded = (dividend: bigint, divisor: bigint): bigint => (dividend * 2n + divisor) / (divisor * 2n);

/** The cents of `quantity` pieces at `price` each, neither of them negative. */
export const times = (price: string, quantity: string): number =>
  Number(rounded(BigInt(cents(price)) * BigInt(thousandths(quantity)), 1000n));

/** The cents that remain of `gross` cents when the tax of `rate`, such as "0.21", is taken out. */
export function withoutTax(gross: number, rate: string): number {
  const parts = BigInt(Math.round(Number(rate) * 10_000));
  return Number(rounded(BigInt(gross) * 10_000n, 10_000n + parts));
}

/** The tax in cents on `net` cents at `rate`. */
export const taxOn = (net: number, rate: string): number =>
  Number(rounded(BigInt(net) * BigInt(Math.round(Number(rate) * 10_000)), 10_000n));

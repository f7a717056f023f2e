/** Into how many equal parts an axis that ends at a factor times a power of ten is divided. */
const PARTS: Readonly<Record<number, number>> = { 1: 4, 2: 4, 3: 3, 4: 4, 6: 3, 8: 4, 10: 4 };
const FACTORS = [1, 2, 3, 4, 6, 8, 10];

export interface Axis {
  low: number;
  high: number;
  /** From low to high, equally far apart, zero among them. */
  ticks: number[];
}

/** The smallest round number (1, 2, 3, 4, 6 or 8 times a power of ten) that is not below the value; 1 for nothing. */
export const roundUp = (value: number): number => rounded(value).end;

function rounded(value: number): { end: number; step: number } {
  if (value <= 0) return { end: 1, step: 0.25 };
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = FACTORS.find((one) => one * power >= value) ?? 10;
  return { end: plain(factor * power), step: (factor * power) / (PARTS[factor] ?? 2) };
}

/** An axis on which zero and all of the values have a place. */
export function axisFor(values: readonly number[]): Axis {
  const most = Math.max(0, ...values);
  const least = Math.min(0, ...values);
  const { end, step } = rounded(Math.max(most, -least));
  const high = most >= -least ? end : Math.ceil(most / step) * step;
  const low = most >= -least ? Math.floor(least / step) * step : -end;
  const count = Math.round((high - low) / step);
  const ticks = Array.from({ length: count + 1 }, (_, place) => plain(low + place * step));
  return { low: plain(low), high: plain(high), ticks };
}

/** Without what binary fractions leave behind: 0.3 rather than 0.30000000000000004, and no negative zero. */
const plain = (value: number): number => Number(value.toPrecision(12)) + 0;

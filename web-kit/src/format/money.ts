/** Money comes as a decimal string; sums are made in whole cents, so that no fraction is ever lost. */

const formats = new Map<string, Intl.NumberFormat>();

/** "12.50" → 1250. Throws when the text is not an amount with at most two decimals. */
export function cents(amount: string): number {
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(amount);
  if (!match) throw new RangeError(`Not an amount of money: ${amount}`);
  const value = Number(match[2]) * 100 + Number((match[3] ?? "").padEnd(2, "0"));
  return match[1] ? -value : value;
}

/** 1250 → "12.50" */
export function decimal(value: number): string {
  return (value / 100).toFixed(2);
}

/** An amount as people of the browser's language write it, such as "€12.50". */
export function money(amount: string, currency: string): string {
  let format = formats.get(currency);
  if (!format) {
    format = new Intl.NumberFormat(undefined, { style: "currency", currency });
    formats.set(currency, format);
  }
  return format.format(Number(amount));
}

/** An amount for the axis of a chart, such as "€20K"; only as exact as its few digits. */
export function moneyShort(amount: number, currency: string): string {
  const key = `${currency} short`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(undefined, { style: "currency", currency, notation: "compact", maximumSignificantDigits: 3 });
    formats.set(key, format);
  }
  return format.format(amount);
}

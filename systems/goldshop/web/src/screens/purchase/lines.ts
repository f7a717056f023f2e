import { cents, decimal } from "@stackyard/web-kit/format";

import type { NewPurchase } from "../../api/types";
import { taxOn, times, typedAmount, typedQuantity } from "../../format/amounts";
import { fullName } from "../../format/shop";
import type { Picked } from "../../ui/Finder";

/** A line of a purchase that is being put together; quantity and cost as they were typed. */
export interface DraftLine {
  variant_id: string;
  sku: string;
  name: string;
  thumbnail: string | null;
  unit: string;
  tax_rate: string;
  quantity: string;
  /** Of one, without tax. */
  cost: string;
}

/** One more of a variant, at what it has cost so far. */
export function withOneMore(lines: DraftLine[], { item, variant }: Picked): DraftLine[] {
  const held = lines.find(({ variant_id }) => variant_id === variant.id);
  if (held) return stepped(lines, variant.id, 1);
  const cost = Number(variant.cost) > 0 ? Number(variant.cost).toFixed(2) : "";
  const line = { variant_id: variant.id, sku: variant.sku, name: fullName(item.name, variant), thumbnail: item.thumbnail };
  return [...lines, { ...line, unit: item.unit, tax_rate: item.tax_rate, quantity: "1", cost }];
}

export const stepped = (lines: DraftLine[], variant: string, by: number): DraftLine[] =>
  changed(lines, variant, (line) => ({ quantity: String(Math.max(1, Math.trunc(Number(line.quantity) || 0) + by)) }));

export const changed = (lines: DraftLine[], variant: string, change: (line: DraftLine) => Partial<DraftLine>): DraftLine[] =>
  lines.map((line) => (line.variant_id === variant ? { ...line, ...change(line) } : line));

/** What the server is asked for, or null while something is missing. `decimals` of each unit. */
export function linesOf(lines: DraftLine[], decimals: (unit: string) => number): NewPurchase["lines"] | null {
  const asked = lines.map(({ variant_id, quantity, cost, unit }) => ({
    variant_id,
    quantity: typedQuantity(quantity, decimals(unit)),
    unit_cost: typedAmount(cost),
  }));
  if (asked.length === 0 || asked.some(({ quantity, unit_cost }) => quantity === null || unit_cost === null)) return null;
  return asked as NewPurchase["lines"];
}

/** What a line comes to without tax, in cents; 0 while something is missing. */
export function netOf({ quantity, cost }: DraftLine): number {
  const [count, amount] = [typedQuantity(quantity, 3), typedAmount(cost)];
  return count === null || amount === null ? 0 : times(amount, count);
}

/** What all of it comes to, as decimal strings. */
export function sumsOf(lines: DraftLine[]): { net: string; tax: string; gross: string } {
  const net = lines.reduce((sum, line) => sum + netOf(line), 0);
  const tax = lines.reduce((sum, line) => sum + taxOn(netOf(line), line.tax_rate), 0);
  return { net: decimal(net), tax: decimal(tax), gross: decimal(cents(decimal(net)) + tax) };
}

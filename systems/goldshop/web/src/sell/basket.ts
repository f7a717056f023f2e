import type { Lookup, NewSale, PartnerRef, Payment } from "../api/types";
import { quantityOf, thousandths, times, typedQuantity, withoutTax } from "../format/amounts";
import { fullName } from "../format/shop";

/** What is about to be sold. Prices are with tax, as they stand on the labels. */
export interface Basket {
  lines: BasketLine[];
  customer: PartnerRef | null;
  payment: Payment;
}

export interface BasketLine {
  variant_id: string;
  sku: string;
  name: string;
  thumbnail: string | null;
  unit: string;
  tax_rate: string;
  /** What the label says. */
  price: string;
  /** What is asked instead, by a manager. */
  special: string | null;
  /** As it was typed; it may not be a quantity yet. */
  quantity: string;
  stocked: boolean;
  /** What lies where, as it was when the line was added. */
  stock: { warehouse_id: string; warehouse: string; quantity: string }[];
}

export const emptyBasket: Basket = { lines: [], customer: null, payment: "card" };

/** One more of a variant. */
export function add(basket: Basket, { item, variant }: Pick<Lookup, "item" | "variant">): Basket {
  const held = basket.lines.find((line) => line.variant_id === variant.id);
  if (held) return step(basket, variant.id, 1);
  const line: BasketLine = {
    variant_id: variant.id,
    sku: variant.sku,
    name: fullName(item.name, variant),
    thumbnail: item.thumbnail,
    unit: item.unit,
    tax_rate: item.tax_rate,
    price: variant.price,
    special: null,
    quantity: "1",
    stocked: item.stocked,
    stock: variant.stock_by_warehouse,
  };
  return { ...basket, lines: [...basket.lines, line] };
}

/** So many more or fewer; never fewer than a whole one by steps. */
export function step(basket: Basket, variant: string, by: number): Basket {
  return changed(basket, variant, (line) => {
    const now = quantity(line, 3);
    return { ...line, quantity: now === null ? "1" : quantityOf(Math.max(1000, thousandths(now) + by * 1000)) };
  });
}

export const setQuantity = (basket: Basket, variant: string, text: string): Basket =>
  changed(basket, variant, (line) => ({ ...line, quantity: text }));

/** Another price than the label's; null for that again. */
export const setPrice = (basket: Basket, variant: string, special: string | null): Basket =>
  changed(basket, variant, (line) => ({ ...line, special: special === line.price ? null : special }));

export const remove = (basket: Basket, variant: string): Basket => ({
  ...basket,
  lines: basket.lines.filter((line) => line.variant_id !== variant),
});

const changed = (basket: Basket, variant: string, change: (line: BasketLine) => BasketLine): Basket => ({
  ...basket,
  lines: basket.lines.map((line) => (line.variant_id === variant ? change(line) : line)),
});

/** The quantity of a line as the API takes it; null while what was typed is none. */
export const quantity = (line: BasketLine, decimals: number): string | null => typedQuantity(line.quantity, decimals);

/** The cents of a line, with tax; 0 while its quantity is not one. */
export function gross(line: BasketLine): number {
  const counted = quantity(line, 3);
  return counted === null ? 0 : times(line.special ?? line.price, counted);
}

/** The cents of everything: with tax, and the tax in it, each line rounded by itself as on the invoice. */
export function totals({ lines }: Basket): { gross: number; tax: number } {
  const sums = lines.map((line) => ({ gross: gross(line), rate: line.tax_rate }));
  return {
    gross: sums.reduce((sum, line) => sum + line.gross, 0),
    tax: sums.reduce((sum, line) => sum + line.gross - withoutTax(line.gross, line.rate), 0),
  };
}

/** How much of a line's goods lies in a warehouse, or null for services. */
export function stockIn(line: BasketLine, warehouse: string): string | null {
  if (!line.stocked) return null;
  return line.stock.find(({ warehouse_id }) => warehouse_id === warehouse)?.quantity ?? "0";
}

/** What stands in the way of selling a line from a warehouse, or "". */
export function obstacle(line: BasketLine, warehouse: string, decimals: number): string {
  const wanted = quantity(line, decimals);
  if (wanted === null) return decimals > 0 ? `A quantity, with at most ${decimals} decimals.` : "A whole number.";
  const there = stockIn(line, warehouse);
  if (there === null || thousandths(wanted) <= thousandths(there)) return "";
  const others = line.stock.filter(({ warehouse_id, quantity: lies }) => warehouse_id !== warehouse && thousandths(lies) > 0);
  const elsewhere = others.map((other) => `${other.quantity} at ${other.warehouse}`).join(", ");
  return `${thousandths(there) === 0 ? "None here" : `Only ${there} here`}${elsewhere ? `; ${elsewhere}` : ""}.`;
}

/** What the API is asked to sell. */
export const saleOf = (basket: Basket, warehouse_id: string): NewSale => ({
  warehouse_id,
  payment: basket.payment,
  customer_id: basket.customer?.id ?? null,
  lines: basket.lines.map((line) => ({
    variant_id: line.variant_id,
    quantity: quantity(line, 3) ?? "0",
    ...(line.special !== null && { unit_price: line.special }),
  })),
});

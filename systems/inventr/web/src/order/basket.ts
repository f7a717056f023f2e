import { cents, decimal } from "@stackyard/web-kit/format";
import type { Product } from "../api/types";

/** The order that is being put together. `key` belongs to one attempt at placing exactly these lines. */
export interface Basket {
  lines: BasketLine[];
  customer: string;
  key: string | null;
}

export interface BasketLine {
  product: Pick<Product, "id" | "sku" | "name" | "price" | "currency" | "stock" | "updated_at">;
  quantity: number;
}

export const emptyBasket: Basket = { lines: [], customer: "", key: null };

const MOST = 9_999;

/** One more of a product. */
export function add(basket: Basket, product: Product): Basket {
  const held = quantityOf(basket, product.id);
  if (held > 0) return setQuantity(basket, product.id, held + 1);
  const { id, sku, name, price, currency, stock, updated_at } = product;
  const line = { product: { id, sku, name, price, currency, stock, updated_at }, quantity: 1 };
  return { ...basket, lines: [...basket.lines, line], key: null };
}

/** Sets a quantity, held between 1 and 9,999. */
export function setQuantity(basket: Basket, productId: string, quantity: number): Basket {
  const whole = Math.min(MOST, Math.max(1, Math.trunc(quantity) || 1));
  const lines = basket.lines.map((line) => (line.product.id === productId ? { ...line, quantity: whole } : line));
  return { ...basket, lines, key: null };
}

export function remove(basket: Basket, productId: string): Basket {
  return { ...basket, lines: basket.lines.filter((line) => line.product.id !== productId), key: null };
}

export function setCustomer(basket: Basket, customer: string): Basket {
  return { ...basket, customer, key: null };
}

/** How many of a product are in the basket. */
export function quantityOf(basket: Basket, productId: string): number {
  return basket.lines.find((line) => line.product.id === productId)?.quantity ?? 0;
}

/** How many pieces there are in all. */
export const pieces = (basket: Basket): number => basket.lines.reduce((sum, line) => sum + line.quantity, 0);

/** The price of a line as a decimal string. */
export const lineTotal = (line: BasketLine): string => decimal(cents(line.product.price) * line.quantity);

/** The price of everything as a decimal string. */
export const total = (basket: Basket): string =>
  decimal(basket.lines.reduce((sum, line) => sum + cents(line.product.price) * line.quantity, 0));

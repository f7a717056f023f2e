import { ApiError } from "@stackyard/web-kit/api";
import { placeOrder } from "../api/endpoints";
import type { NewOrder, Order } from "../api/types";
import type { Basket, BasketLine } from "./basket";
import { attemptKey, basketStore, clearBasket, endAttempt } from "./basketStore";

/**
 * Places the basket. A repeated call for the same basket carries the same key, so it can only place one order:
 * the key is kept while it is unknown whether the server has placed it, and dropped after a definite refusal.
 */
export async function placeBasket(): Promise<Order> {
  const key = attemptKey();
  try {
    const order = await placeOrder(orderOf(basketStore.get()), key);
    clearBasket();
    return order;
  } catch (error) {
    if (isDefinite(error)) endAttempt();
    throw error;
  }
}

function orderOf({ lines, customer }: Basket): NewOrder {
  const named = customer.trim();
  const order: NewOrder = { lines: lines.map(({ product, quantity }) => ({ product_id: product.id, quantity })) };
  return named ? { ...order, customer: named } : order;
}

/** A refusal that names its reasons is final; a server error, a limit or silence is not. */
function isDefinite(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.status === 409) return error.parts.length > 0;
  return error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
}

/** What the server says about each line, by product id. It points by place in the list or names the product. */
export function lineProblems(error: unknown, lines: readonly BasketLine[]): Map<string, string> {
  const found = new Map<string, string>();
  if (!(error instanceof ApiError)) return found;
  for (const { pointer = "", detail = error.message } of error.parts) {
    const place = /lines\/(\d+)/.exec(pointer)?.[1];
    const line = place === undefined ? lines.find((each) => names(pointer + detail, each)) : lines[Number(place)];
    if (line) found.set(line.product.id, detail);
  }
  return found;
}

const names = (text: string, { product }: BasketLine): boolean =>
  [product.id, product.sku, product.name].some((name) => text.includes(name));

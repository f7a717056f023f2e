import { useSyncExternalStore } from "react";

import type { Product } from "../api/types";

export interface StockLevel {
  stock: number;
  updated_at: string;
}

type Watched = Pick<Product, "id" | "stock" | "updated_at">;

/** Whether moment `a` is after moment `b`; finer than a millisecond where both are written alike. */
function isAfter(a: string, b: string): boolean {
  const difference = Date.parse(a) - Date.parse(b);
  return difference === 0 ? a > b : difference > 0;
}

/** The stock levels that the server has announced since the page was opened. Older news never replaces newer. */
export class LiveStock {
  private readonly levels = new Map<string, StockLevel>();
  private readonly listeners = new Map<string, Set<() => void>>();

  /** Takes an announcement; returns false when it says nothing new. */
  apply(productId: string, level: StockLevel): boolean {
    const held = this.levels.get(productId);
    if (held && !isAfter(level.updated_at, held.updated_at)) return false;
    this.levels.set(productId, level);
    for (const listener of this.listeners.get(productId) ?? []) listener();
    return true;
  }

  /** The newest of what was fetched and what was announced. */
  current(product: Watched): number {
    const held = this.levels.get(product.id);
    return held && isAfter(held.updated_at, product.updated_at) ? held.stock : product.stock;
  }

  /** Whether some part of the screen shows this product. */
  isShown(productId: string): boolean {
    return (this.listeners.get(productId)?.size ?? 0) > 0;
  }

  subscribe(productId: string, listener: () => void): () => void {
    const set = this.listeners.get(productId) ?? new Set();
    this.listeners.set(productId, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) this.listeners.delete(productId);
    };
  }

  /** Forgets everything, for the next person who signs in. */
  clear(): void {
    this.levels.clear();
  }
}

export const liveStock = new LiveStock();

/** The stock of a product, following the server's announcements. */
export function useStock(product: Watched): number {
  return useSyncExternalStore(
    (listener) => liveStock.subscribe(product.id, listener),
    () => liveStock.current(product),
  );
}

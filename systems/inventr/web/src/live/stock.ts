import { LiveValues, useLiveValue } from "@stackyard/web-kit/live";

import type { Product } from "../api/types";

export interface StockLevel {
  stock: number;
  updated_at: string;
}

type Watched = Pick<Product, "id" | "stock" | "updated_at">;

/** The stock levels that the server has announced since the page was opened, by product. */
export class LiveStock extends LiveValues<number> {
  /** Takes an announcement; returns false when it says nothing new. */
  apply(productId: string, { stock, updated_at }: StockLevel): boolean {
    return this.announce(productId, stock, updated_at);
  }

  /** The newest of what was fetched and what was announced. */
  current(product: Watched): number {
    return this.newest(product.id, product.stock, product.updated_at);
  }
}

export const liveStock = new LiveStock();

/** The stock of a product, following the server's announcements. */
export const useStock = (product: Watched): number => useLiveValue(liveStock, product.id, product.stock, product.updated_at);

import { ask } from "./client";
import type { Movement, NewMovement, NewOrder, Order, Page, Product, ProductPage, Revenue } from "./types";

export interface ProductFilter {
  search: string;
  category: string;
  lowStock: boolean;
}

type Signal = AbortSignal | undefined;

/** One page of products that match the filter; `cursor` is null for the first. */
export function fetchProducts(filter: ProductFilter, cursor: string | null, limit: number, signal?: Signal) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (filter.search) query.set("search", filter.search);
  if (filter.category) query.set("category", filter.category);
  if (filter.lowStock) query.set("low_stock", "true");
  if (cursor) query.set("cursor", cursor);
  return ask<ProductPage>(`/products?${query}`, { signal });
}

export const fetchCategories = (signal?: Signal) => ask<string[]>("/categories", { signal });

export const fetchProduct = (id: string, signal?: Signal) => ask<Product>(`/products/${id}`, { signal });

export const fetchMovements = (id: string, signal?: Signal) =>
  ask<{ items: Movement[] }>(`/products/${id}/movements?limit=25`, { signal });

export const recordMovement = (movement: NewMovement) =>
  ask<{ movement: Movement; product: Product }>("/stock-movements", { method: "POST", body: movement });

/** Places an order; the same key places it once, however often it is sent. */
export const placeOrder = (order: NewOrder, key: string) =>
  ask<Order>("/orders", { method: "POST", body: order, headers: { "Idempotency-Key": key } });

export function fetchOrders(cursor: string | null, signal?: Signal) {
  const query = new URLSearchParams({ limit: "30" });
  if (cursor) query.set("cursor", cursor);
  return ask<Page<Order>>(`/orders?${query}`, { signal });
}

export const fetchOrder = (id: string, signal?: Signal) => ask<Order>(`/orders/${id}`, { signal });

export const cancelOrder = (id: string) => ask<Order>(`/orders/${id}/cancel`, { method: "POST" });

export const fetchRevenue = (days: number, signal?: Signal) => ask<Revenue>(`/revenue?days=${days}`, { signal });

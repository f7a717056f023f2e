import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import {
  fetchCategories,
  fetchMovements,
  fetchOrder,
  fetchOrders,
  fetchProduct,
  fetchProducts,
  fetchRevenue,
  type ProductFilter,
} from "./endpoints";

/** What the screens read, each with the key under which it is kept. */

const nextCursor = (page: { next_cursor: string | null }) => page.next_cursor;
const firstCursor: string | null = null;

export const productsQuery = (filter: ProductFilter) =>
  infiniteQueryOptions({
    queryKey: ["products", filter],
    queryFn: ({ pageParam, signal }) => fetchProducts(filter, pageParam, 50, signal),
    initialPageParam: firstCursor,
    getNextPageParam: nextCursor,
    placeholderData: keepPreviousData,
  });

/** A few products for the order's search box. */
export const productPickQuery = (search: string) =>
  queryOptions({
    queryKey: ["product-pick", search],
    queryFn: ({ signal }) => fetchProducts({ search, category: "", lowStock: false }, null, 6, signal),
    placeholderData: keepPreviousData,
  });

export const categoriesQuery = queryOptions({
  queryKey: ["categories"],
  queryFn: ({ signal }) => fetchCategories(signal),
  staleTime: 5 * 60_000,
});

export const productQuery = (id: string) =>
  queryOptions({ queryKey: ["product", id], queryFn: ({ signal }) => fetchProduct(id, signal) });

export const movementsQuery = (id: string) =>
  queryOptions({ queryKey: ["movements", id], queryFn: ({ signal }) => fetchMovements(id, signal) });

export const ordersQuery = infiniteQueryOptions({
  queryKey: ["orders"],
  queryFn: ({ pageParam, signal }) => fetchOrders(pageParam, signal),
  initialPageParam: firstCursor,
  getNextPageParam: nextCursor,
});

export const orderQuery = (id: string) =>
  queryOptions({ queryKey: ["order", id], queryFn: ({ signal }) => fetchOrder(id, signal) });

export const revenueQuery = (days: number) =>
  queryOptions({ queryKey: ["revenue", days], queryFn: ({ signal }) => fetchRevenue(days, signal) });

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, told } from "./client";

/** What the screens read, each with the key under which it is kept; the first word is the subject that live events name. */

export const nextCursor = (page: { next_cursor: string | null }) => page.next_cursor;

/** What to list, as the address has it; "" is no wish. */
export interface ItemFilter {
  q: string;
  category: string;
  stock: "" | "low" | "out";
  sort: "name" | "newest";
}

export const itemsQuery = (filter: ItemFilter) =>
  infiniteQueryOptions({
    queryKey: ["items", filter],
    queryFn: ({ pageParam, signal }) => {
      const { q, category, stock, sort } = filter;
      const query = { q, sort, cursor: pageParam, ...(category && { category }), ...(stock && { stock }) };
      return told(api.GET("/api/items", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: nextCursor,
    placeholderData: keepPreviousData,
  });

export const itemQuery = (item_id: string) =>
  queryOptions({
    queryKey: ["item", item_id],
    queryFn: ({ signal }) => told(api.GET("/api/items/{item_id}", { params: { path: { item_id } }, signal })),
  });

export const categoriesQuery = queryOptions({
  queryKey: ["categories"],
  queryFn: async ({ signal }) => (await told(api.GET("/api/categories", { signal }))).items,
  staleTime: 5 * 60_000,
});

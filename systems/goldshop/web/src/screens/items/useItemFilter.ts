import { useFilterInAddress } from "@stackyard/web-kit/ui";

import type { ItemFilter } from "../../api/queries";

/** Which items are listed and how, as the address says. */
export function useItemFilter() {
  const { params, text, search, put, reset } = useFilterInAddress("q");
  const stock = params.get("stock");
  const filter: ItemFilter = {
    q: params.get("q") ?? "",
    category: params.get("category") ?? "",
    stock: stock === "low" || stock === "out" ? stock : "",
    sort: params.get("sort") === "newest" ? "newest" : "name",
  };
  return {
    filter,
    isFiltered: filter.q !== "" || filter.category !== "" || filter.stock !== "",
    text,
    search,
    put: (name: Exclude<keyof ItemFilter, "q">, value: string) => put(name, value === "name" ? "" : value),
    reset,
  };
}

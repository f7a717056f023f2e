import { useFilterInAddress } from "@stackyard/web-kit/ui";

import type { ProductFilter } from "../../api/endpoints";

/** Which products are listed, as the address says. */
export function useProductFilter() {
  const { params, text, search, put, reset } = useFilterInAddress("search");
  const filter: ProductFilter = {
    search: params.get("search") ?? "",
    category: params.get("category") ?? "",
    lowStock: params.get("low") === "1",
  };
  return {
    filter,
    text,
    search,
    setCategory: (value: string) => put("category", value),
    setLowStock: (on: boolean) => put("low", on ? "1" : ""),
    reset,
  };
}

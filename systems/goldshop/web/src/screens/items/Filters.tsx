import { SearchField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";

import { categoriesQuery, type ItemFilter } from "../../api/queries";
import { Choice } from "../../ui/Choice";

interface Props {
  filter: ItemFilter;
  text: string;
  search: (text: string) => void;
  put: (name: Exclude<keyof ItemFilter, "q">, value: string) => void;
}

/** Search, category and stock; it stays in view while the list is scrolled. */
export function Filters({ filter, text, search, put }: Props) {
  const categories = useQuery(categoriesQuery).data ?? [];
  return (
    <div
      role="search"
      aria-label="Which items"
      className="sticky top-0 z-10 -mx-4 mb-3 grid grid-cols-[3fr_2fr] gap-2 bg-canvas px-4 py-2 md:-mx-8 md:grid-cols-[minmax(0,1fr)_14rem_9rem] md:px-8"
    >
      <SearchField
        label="Search items"
        placeholder="Name, SKU or description"
        className="col-span-2 md:col-span-1"
        value={text}
        onChange={(event) => search(event.target.value)}
      />
      <Choice label="Category" value={filter.category} onChoose={(value) => put("category", value)}>
        <option value="">All categories</option>
        {categories.map(({ id, name, depth }) => (
          <option key={id} value={id}>
            {"\u2003".repeat(depth - 1) + name}
          </option>
        ))}
      </Choice>
      <Choice label="Stock" value={filter.stock} onChoose={(value) => put("stock", value)}>
        <option value="">Any stock</option>
        <option value="low">Running low</option>
        <option value="out">Sold out</option>
      </Choice>
    </div>
  );
}

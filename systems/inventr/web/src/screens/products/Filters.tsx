import { inputClass, SearchField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";

import { categoriesQuery } from "../../api/queries";
import type { ProductFilter } from "../../api/endpoints";
import { Icon } from "../../ui/Icon";

interface Props {
  filter: ProductFilter;
  text: string;
  search: (text: string) => void;
  setCategory: (category: string) => void;
  setLowStock: (on: boolean) => void;
}

/** Search, category and low stock; it stays in view while the list is scrolled. */
export function Filters({ filter, text, search, setCategory, setLowStock }: Props) {
  const categories = useQuery(categoriesQuery).data ?? [];
  return (
    <div
      role="search"
      className="sticky top-0 z-10 -mx-4 mb-3 grid grid-cols-2 gap-2 bg-canvas px-4 py-2 md:-mx-8 md:grid-cols-[1fr_13rem_auto] md:px-8"
    >
      <SearchField
        label="Search products"
        placeholder="Name or SKU"
        className="col-span-2 md:col-span-1"
        value={text}
        onChange={(event) => search(event.target.value)}
      />
      <select
        aria-label="Category"
        className={inputClass}
        value={filter.category}
        onChange={(event) => setCategory(event.target.value)}
      >
        <option value="">All categories</option>
        {withChosen(categories, filter.category).map((category) => (
          <option key={category}>{category}</option>
        ))}
      </select>
      <button
        type="button"
        aria-pressed={filter.lowStock}
        onClick={() => setLowStock(!filter.lowStock)}
        className="inline-flex min-h-11 items-center justify-center gap-1.5 rounded-lg border border-edge bg-surface px-4 text-sm transition-colors hover:border-muted aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent-strong"
      >
        {filter.lowStock ? <Icon name="check" className="size-4" /> : null}
        Low stock
      </button>
    </div>
  );
}

/** A category that came with the address is offered before the list has arrived. */
const withChosen = (categories: string[], chosen: string): string[] =>
  chosen && !categories.includes(chosen) ? [chosen, ...categories] : categories;

import { count } from "@stackyard/web-kit/format";
import { Button, Empty, Loaded, Page } from "@stackyard/web-kit/ui";
import { useInfiniteQuery } from "@tanstack/react-query";

import { productsQuery } from "../../api/queries";
import type { ProductPage } from "../../api/types";
import { Filters } from "./Filters";
import { ProductRows } from "./ProductRows";
import { useProductFilter } from "./useProductFilter";

export default function Products() {
  const { filter, ...controls } = useProductFilter();
  const query = useInfiniteQuery(productsQuery(filter));
  const total = query.data?.pages[0]?.total;
  const filtered = filter.search !== "" || filter.category !== "" || filter.lowStock;

  return (
    <Page
      title="Products"
      aside={<p className="text-sm text-muted">{total === undefined ? "" : count(total, filtered ? "match" : "product", filtered ? "matches" : "products")}</p>}
    >
      <Filters filter={filter} {...controls} />
      <Loaded query={query}>
        {({ pages }) => (
          <div className={query.isPlaceholderData ? "opacity-60 transition-opacity" : ""} aria-busy={query.isPlaceholderData}>
            <Found pages={pages} filtered={filtered} onReset={controls.reset} />
            {query.hasNextPage ? (
              <Button
                look="quiet"
                className="mt-4 w-full"
                disabled={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                {query.isFetchingNextPage ? "Loading…" : "Show more"}
              </Button>
            ) : null}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Found({ pages, filtered, onReset }: { pages: ProductPage[]; filtered: boolean; onReset: () => void }) {
  const products = pages.flatMap((page) => page.items);
  if (products.length > 0) return <ProductRows products={products} />;
  if (!filtered) return <Empty title="No products yet">They appear here as soon as there are some.</Empty>;
  return (
    <Empty title="Nothing matches">
      <p>No product fits this search and these filters.</p>
      <Button look="quiet" className="mt-4" onClick={onReset}>
        Show all products
      </Button>
    </Empty>
  );
}

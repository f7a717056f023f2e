import { Button, buttonClass, Empty, Loaded, More, Page } from "@stackyard/web-kit/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";

import { itemsQuery } from "../../api/queries";
import type { ItemRow } from "../../api/types";
import { useIsManager } from "../../app/user";
import { Choice } from "../../ui/Choice";
import { Filters } from "./Filters";
import { ItemRows } from "./ItemRows";
import { useItemFilter } from "./useItemFilter";

export default function Items() {
  const { filter, isFiltered, ...controls } = useItemFilter();
  const query = useInfiniteQuery(itemsQuery(filter));
  return (
    <Page title="Items" aside={<Aside sort={filter.sort} onSort={(sort) => controls.put("sort", sort)} />}>
      <Filters filter={filter} {...controls} />
      <Loaded query={query}>
        {({ pages }) => (
          <div className={query.isPlaceholderData ? "opacity-60 transition-opacity" : ""} aria-busy={query.isPlaceholderData}>
            <Found items={pages.flatMap((page) => page.items)} isFiltered={isFiltered} onReset={controls.reset} />
            <More query={query} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Aside({ sort, onSort }: { sort: string; onSort: (sort: string) => void }) {
  const isManager = useIsManager();
  return (
    <div className="flex flex-wrap gap-2">
      <div className="w-36">
        <Choice label="Order" value={sort} onChoose={onSort}>
          <option value="name">By name</option>
          <option value="newest">Newest first</option>
        </Choice>
      </div>
      <Link to="/categories" className={buttonClass("quiet")}>
        Categories
      </Link>
      {isManager ? (
        <Link to="/items/new" className={buttonClass()}>
          New item
        </Link>
      ) : null}
    </div>
  );
}

function Found({ items, isFiltered, onReset }: { items: ItemRow[]; isFiltered: boolean; onReset: () => void }) {
  if (items.length > 0) return <ItemRows items={items} />;
  if (!isFiltered) return <Empty title="No items yet">They appear here as soon as there are some.</Empty>;
  return (
    <Empty title="Nothing matches">
      <p>No item fits this search and these filters.</p>
      <Button look="quiet" className="mt-4" onClick={onReset}>
        Show all items
      </Button>
    </Empty>
  );
}

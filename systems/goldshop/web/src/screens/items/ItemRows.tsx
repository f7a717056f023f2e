import { money } from "@stackyard/web-kit/format";
import { Card } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

import type { ItemRow } from "../../api/types";
import { CURRENCY } from "../../format/shop";
import { Picture } from "../../ui/Picture";
import { StockLevel } from "../../ui/StockLevel";

const COLUMNS = "md:grid-cols-[3.5rem_minmax(0,1fr)_9rem_8rem] md:items-center md:gap-4";

/** Rows on a desk, cards on a phone; the same elements in the same order. */
export function ItemRows({ items }: { items: ItemRow[] }) {
  return (
    <Card>
      <ul aria-label="Items" className="divide-y divide-line">
        {items.map((item) => (
          <Row key={item.id} item={item} />
        ))}
      </ul>
    </Card>
  );
}

function Row({ item }: { item: ItemRow }) {
  return (
    <li className={`relative grid grid-cols-[3.5rem_minmax(0,1fr)_auto] gap-x-3 px-4 py-3 hover:bg-sunken/50 ${COLUMNS}`}>
      <Picture source={item.thumbnail} alt="" className="row-span-2 size-14 md:row-span-1" />
      <div className="min-w-0 max-md:col-span-2">
        {/* The whole row is the link's to click; screen readers hear the name. */}
        <Link to={`/items/${item.id}`} className="font-medium after:absolute after:inset-0 hover:text-accent">
          {item.name}
        </Link>
        <p className="truncate text-xs text-muted">
          <span className="font-mono">{item.sku}</span> · {item.category.name}
          {item.variants > 1 ? ` · ${item.variants} variants` : ""}
          {item.active ? "" : " · no longer sold"}
        </p>
      </div>
      <StockLevel {...item} className="max-md:text-sm" />
      <p className="text-right tabular-nums max-md:text-sm">
        {item.variants > 1 ? <span className="text-xs text-muted">from </span> : null}
        {money(item.price_from, CURRENCY)}
      </p>
    </li>
  );
}

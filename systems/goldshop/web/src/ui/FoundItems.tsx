import { money } from "@stackyard/web-kit/format";
import { Card, Drawing, drawings } from "@stackyard/web-kit/ui";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { itemQuery, itemsQuery } from "../api/queries";
import type { ItemRow } from "../api/types";
import { CURRENCY, quantityText, variantName } from "../format/shop";
import type { Picked } from "./Finder";
import { Picture } from "./Picture";

const MOST = 8;
const rowClass = "flex w-full items-center gap-3 px-3 py-2 text-left hover:bg-sunken/60";

interface Props {
  q: string;
  onPick: (picked: Picked) => void;
}

/** The items whose name or SKU has these words; one with several variants opens to choose among them. */
export function FoundItems({ q, onPick }: Props) {
  const filter = { q, category: "", stock: "", sort: "name" } as const;
  const { data, isFetching } = useInfiniteQuery({ ...itemsQuery(filter), enabled: q !== "" });
  const [open, setOpen] = useState<string | null>(null);
  if (q === "" || !data) return null;
  const found = data.pages[0]?.items ?? [];
  if (found.length === 0) return isFetching ? null : <p className="mt-3 px-1 text-sm text-muted">No goods have a name like that.</p>;
  return (
    <Card className="mt-3 overflow-hidden shadow-sm">
      <ul aria-label="Found" className="divide-y divide-line">
        {found.slice(0, MOST).map((item) => (
          <li key={item.id}>
            <Item item={item} isOpen={open === item.id} onOpen={() => setOpen(open === item.id ? null : item.id)} onPick={onPick} />
          </li>
        ))}
      </ul>
      {found.length > MOST ? <p className="border-t border-line px-3 py-2 text-xs text-muted">There are more: add a word.</p> : null}
    </Card>
  );
}

interface ItemProps {
  item: ItemRow;
  isOpen: boolean;
  onOpen: () => void;
  onPick: (picked: Picked) => void;
}

function Item({ item, isOpen, onOpen, onPick }: ItemProps) {
  const client = useQueryClient();
  const hasOne = item.variants === 1;
  const choose = async () => {
    if (!hasOne) {
      onOpen();
      return;
    }
    const [variant, ...others] = (await client.query(itemQuery(item.id))).variants;
    const whole = client.getQueryData(itemQuery(item.id).queryKey);
    if (variant && whole && others.length === 0) onPick({ item: { ...whole, thumbnail: item.thumbnail }, variant });
  };
  return (
    <>
      <button type="button" className={rowClass} {...(hasOne ? {} : { "aria-expanded": isOpen })} onClick={() => void choose()}>
        <Picture source={item.thumbnail} alt="" className="size-11" />
        <span className="min-w-0 flex-1">
          <span className="line-clamp-3 text-sm font-medium">{item.name}</span>
          <span className="block truncate text-xs text-muted">
            <span className="font-mono">{item.sku}</span>
            {item.stocked ? ` · ${quantityText(item.stock, item.unit)} in stock` : " · service"}
          </span>
        </span>
        <span className="text-right text-sm tabular-nums">
          {hasOne ? null : <span className="block text-xs text-muted">from</span>}
          {money(item.price_from, CURRENCY)}
        </span>
        {hasOne ? null : <Drawing path={drawings.next} className={`size-4 text-muted transition-transform ${isOpen ? "rotate-90" : ""}`} />}
      </button>
      {isOpen ? <Variants row={item} onPick={onPick} /> : null}
    </>
  );
}

function Variants({ row, onPick }: { row: ItemRow; onPick: (picked: Picked) => void }) {
  const { data: item } = useQuery(itemQuery(row.id));
  if (!item) return <p className="px-3 py-2 pl-17 text-sm text-muted">Loading…</p>;
  return (
    <ul aria-label={`Variants of ${row.name}`} className="border-t border-line bg-sunken/40">
      {item.variants
        .filter((variant) => variant.active)
        .map((variant) => (
          <li key={variant.id}>
            <button type="button" className={`${rowClass} pl-17`} onClick={() => onPick({ item: { ...item, thumbnail: row.thumbnail }, variant })}>
              <span className="min-w-0 flex-1 text-sm">
                {variantName(variant, item.name)}
                {item.stocked ? <span className="text-xs text-muted"> · {quantityText(variant.stock, item.unit)} in stock</span> : null}
              </span>
              <span className="text-sm tabular-nums">{money(variant.price, CURRENCY)}</span>
            </button>
          </li>
        ))}
    </ul>
  );
}

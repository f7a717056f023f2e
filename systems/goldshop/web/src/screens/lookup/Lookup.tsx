import { money } from "@stackyard/web-kit/format";
import { Button, buttonClass, Card, Loaded, Page } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearchParams } from "react-router-dom";

import { lookupQuery, warehousesQuery } from "../../api/stock";
import type { Lookup as Found } from "../../api/types";
import { CURRENCY, fullName, quantityText } from "../../format/shop";
import { add } from "../../sell/basket";
import { change } from "../../sell/basketStore";
import { Finder } from "../../ui/Finder";
import { Picture } from "../../ui/Picture";

/** What is this, what does it cost, and where does it lie? */
export default function Lookup() {
  const [params, setParams] = useSearchParams();
  const code = params.get("code") ?? "";
  const query = useQuery({ ...lookupQuery(code), enabled: code !== "" });
  return (
    <Page title="Look up">
      <div className="mx-auto max-w-2xl space-y-5">
        <Finder label="Code or name" onPick={({ variant }) => setParams({ code: variant.sku })} />
        {code ? <Loaded query={query}>{(found) => <Shown key={found.variant.id} found={found} />}</Loaded> : <Hint />}
      </div>
    </Page>
  );
}

function Hint() {
  return (
    <p className="rounded-xl border border-dashed border-line px-6 py-12 text-center text-sm text-muted">
      Scan a label or type what stands on it, and see its price and where it lies.
    </p>
  );
}

function Shown({ found }: { found: Found }) {
  const { item, variant } = found;
  const navigate = useNavigate();
  return (
    <Card className="overflow-hidden">
      <div className="flex gap-4 p-4 md:gap-6 md:p-6">
        <Picture source={item.thumbnail} alt="" className="size-24 md:size-36" />
        <div className="min-w-0">
          <h2 className="font-title text-lg leading-snug font-semibold md:text-xl">{fullName(item.name, variant)}</h2>
          <p className="mt-1 font-mono text-xs text-muted">{variant.sku}</p>
          <p className="mt-3 font-title text-3xl font-semibold tracking-tight text-accent-strong tabular-nums md:text-4xl">
            {money(variant.price, CURRENCY)}
            {item.unit === "pc" ? null : <span className="text-base text-muted"> /&nbsp;{item.unit}</span>}
          </p>
        </div>
      </div>
      {item.stocked ? <Places found={found} /> : <p className="border-t border-line px-4 py-4 text-muted md:px-6">A service: it is not kept in stock.</p>}
      <div className="grid gap-2 border-t border-line p-4 sm:grid-cols-3 md:px-6">
        <Button
          disabled={!variant.active}
          onClick={() => {
            change(add, found);
            navigate("/sell");
          }}
        >
          Sell
        </Button>
        <Link to={`/items/${item.id}`} className={buttonClass("quiet")}>
          Open the item
        </Link>
        <Link to={`/labels?item=${item.id}`} className={buttonClass("quiet")}>
          Labels
        </Link>
      </div>
    </Card>
  );
}

function Places({ found: { item, variant } }: { found: Found }) {
  const warehouses = (useQuery(warehousesQuery).data ?? []).filter(({ active }) => active);
  const known = variant.stock_by_warehouse;
  const empty = warehouses.filter(({ id }) => !known.some(({ warehouse_id }) => warehouse_id === id));
  const places = [...known, ...empty.map(({ id, name }) => ({ warehouse_id: id, warehouse: name, quantity: "0" }))];
  return (
    <dl aria-label="Stock" className="border-t border-line">
      {places.map(({ warehouse_id, warehouse, quantity }) => (
        <div key={warehouse_id} className="flex items-baseline justify-between gap-4 border-b border-line px-4 py-3 md:px-6">
          <dt>{warehouse}</dt>
          <dd className={`text-2xl font-semibold tabular-nums ${Number(quantity) > 0 ? "" : "text-muted"}`}>{quantityText(quantity, item.unit)}</dd>
        </div>
      ))}
      <div className="flex items-baseline justify-between gap-4 bg-sunken/60 px-4 py-3 md:px-6">
        <dt className="font-medium">In all</dt>
        <dd className={`text-2xl font-semibold tabular-nums ${Number(variant.stock) > 0 ? "" : "text-bad"}`}>
          {Number(variant.stock) > 0 ? quantityText(variant.stock, item.unit) : "Sold out"}
        </dd>
      </div>
    </dl>
  );
}

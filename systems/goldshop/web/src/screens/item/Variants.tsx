import { money } from "@stackyard/web-kit/format";
import { Button, Card, SectionTitle } from "@stackyard/web-kit/ui";
import { useState } from "react";
import { Link } from "react-router-dom";

import type { Item, Variant } from "../../api/types";
import { useIsManager } from "../../app/user";
import { CURRENCY, fullName, quantityText, variantName } from "../../format/shop";
import { Codes } from "./Codes";
import { VariantDialog } from "./VariantDialog";

/** What can be sold of an item: each with its price, its codes, and where it lies. */
export function Variants({ item }: { item: Item }) {
  const isManager = useIsManager();
  const [open, setOpen] = useState<{ variant?: Variant | undefined; what: "codes" | "edit" } | null>(null);
  // What is shown follows the item when it is fetched again.
  const chosen = item.variants.find(({ id }) => id === open?.variant?.id);
  const close = () => setOpen(null);
  return (
    <section>
      <SectionTitle>{item.variants.length === 1 ? "Variant" : `${item.variants.length} variants`}</SectionTitle>
      <Card>
        <ul aria-label="Variants" className="divide-y divide-line">
          {item.variants.map((variant) => (
            <Row key={variant.id} variant={variant} item={item} onOpen={(what) => setOpen({ variant, what })} />
          ))}
        </ul>
      </Card>
      {isManager ? (
        <Button look="quiet" className="mt-3" onClick={() => setOpen({ what: "edit" })}>
          Add a variant
        </Button>
      ) : null}
      {open?.what === "codes" && chosen ? <Codes variant={chosen} name={fullName(item.name, chosen)} onClose={close} /> : null}
      {open?.what === "edit" ? <VariantDialog item={item} variant={chosen} onClose={close} /> : null}
    </section>
  );
}

const linkClass = "text-accent underline decoration-dotted underline-offset-4 hover:decoration-solid";

function Row({ variant, item, onOpen }: { variant: Variant; item: Item; onOpen: (what: "codes" | "edit") => void }) {
  const isManager = useIsManager();
  const of = variantName(variant, item.name);
  const attributes = Object.entries(variant.attributes).map(([name, value]) => `${name} ${value}`);
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-1 px-4 py-3">
      <p className="font-medium">
        {of}
        {variant.active ? null : <span className="font-normal text-muted"> · no longer sold</span>}
      </p>
      <p className="text-right font-medium tabular-nums">{money(variant.price, CURRENCY)}</p>
      <p className="text-xs break-words text-muted">
        <span className="font-mono">{variant.sku}</span>
        {variant.barcodes.map(({ code }) => (
          <span key={code}>
            {" "}
            · <span className="font-mono">{code}</span>
          </span>
        ))}
        {attributes.length > 0 && attributes.join(", ") !== of ? ` · ${attributes.join(", ")}` : ""}
      </p>
      {isManager ? <p className="text-right text-xs text-muted tabular-nums">cost {money(variant.cost, CURRENCY)}</p> : <span />}
      {item.stocked ? (
        <dl className="col-span-2 mt-1 flex flex-wrap gap-x-6 gap-y-1 text-sm">
          {variant.stock_by_warehouse.map(({ warehouse_id, warehouse, quantity }) => (
            <div key={warehouse_id} className="flex gap-1.5">
              <dt className="text-muted">{warehouse}</dt>
              <dd className="font-medium tabular-nums">{quantityText(quantity, item.unit)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      <div className="col-span-2 mt-1 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        <button type="button" className={linkClass} onClick={() => onOpen("codes")}>
          Codes<span className="sr-only"> of {of}</span>
        </button>
        <Link to={`/stock?variant=${variant.id}`} className={linkClass}>
          Movements<span className="sr-only"> of {of}</span>
        </Link>
        {isManager ? (
          <button type="button" className={linkClass} onClick={() => onOpen("edit")}>
            Change<span className="sr-only"> {of}</span>
          </button>
        ) : null}
      </div>
    </li>
  );
}

import { money } from "@stackyard/web-kit/format";
import { announce } from "@stackyard/web-kit/live";
import { Card, ErrorNotice, SearchField, useSettled } from "@stackyard/web-kit/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useRef, useState } from "react";

import { productPickQuery } from "../../api/queries";
import type { Product } from "../../api/types";
import { add } from "../../order/basket";
import { change } from "../../order/basketStore";
import { Icon } from "../../ui/Icon";
import { Stock } from "../../ui/Stock";

/** Finds products for the order. Enter adds the one that is meant without doubt, as a barcode scanner expects. */
export function ProductPick() {
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [missed, setMissed] = useState("");
  const search = useSettled(text.trim());
  const query = useQuery({ ...productPickQuery(search), enabled: search !== "" });
  const results = useRef<HTMLUListElement>(null);
  const box = useRef<HTMLInputElement>(null);

  const take = (product: Product) => {
    change(add, product);
    announce(`${product.name} added.`);
    setText("");
    box.current?.focus();
  };

  const enter = async (event: KeyboardEvent) => {
    const sought = text.trim();
    if (event.key !== "Enter" || !sought) return;
    event.preventDefault();
    const found = await client.query(productPickQuery(sought)).catch(() => null);
    if (!found) return;
    const meant = theOneMeant(found.items, sought);
    if (meant) take(meant);
    else if (found.items.length === 0) setMissed(sought);
    else results.current?.querySelector("button")?.focus();
  };

  const open = text.trim() !== "" && search !== "";
  return (
    <div>
      <SearchField
        ref={box}
        label="Add by name or SKU"
        placeholder="Add by name or SKU"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setMissed("");
        }}
        onKeyDown={(event) => void enter(event)}
      />
      {open && query.error ? <ErrorNotice error={query.error} onRetry={() => void query.refetch()} /> : null}
      {missed || (open && query.data?.items.length === 0) ? (
        <p role="alert" className="mt-2 text-sm text-muted">
          No product matches “{missed || search}”.
        </p>
      ) : null}
      {open && query.data && query.data.items.length > 0 ? (
        <Card className="mt-2 overflow-hidden">
          <ul ref={results} aria-label="Matching products" className="divide-y divide-line">
            {query.data.items.map((product) => (
              <Choice key={product.id} product={product} onTake={take} />
            ))}
          </ul>
        </Card>
      ) : null}
    </div>
  );
}

/** An exact SKU, or the only result. */
function theOneMeant(items: Product[], sought: string): Product | undefined {
  const exact = items.find((product) => product.sku.toLowerCase() === sought.toLowerCase());
  return exact ?? (items.length === 1 ? items[0] : undefined);
}

function Choice({ product, onTake }: { product: Product; onTake: (product: Product) => void }) {
  return (
    <li>
      <button
        type="button"
        onClick={() => onTake(product)}
        className="flex w-full items-center gap-3 px-4 py-2.5 text-left -outline-offset-2 hover:bg-sunken"
      >
        <Icon name="plus" className="size-5 text-accent" />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{product.name}</span>
          <span className="block text-xs text-muted">
            <span className="font-mono">{product.sku}</span> · {money(product.price, product.currency)}
          </span>
        </span>
        <Stock product={product} />
      </button>
    </li>
  );
}

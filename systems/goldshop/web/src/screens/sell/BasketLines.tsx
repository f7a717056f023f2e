import { ApiError } from "@stackyard/web-kit/api";
import { decimal, money } from "@stackyard/web-kit/format";
import { Card, Drawing, drawings } from "@stackyard/web-kit/ui";
import { useState } from "react";

import { useIsManager } from "../../app/user";
import { CURRENCY } from "../../format/shop";
import { useDecimals } from "../../format/useDecimals";
import { type Basket, type BasketLine, gross, obstacle, remove, setQuantity, step } from "../../sell/basket";
import { change } from "../../sell/basketStore";
import { Stepper } from "../../ui/inputs";
import { Picture } from "../../ui/Picture";
import { SpecialPrice } from "./SpecialPrice";

interface Props {
  basket: Basket;
  warehouse: string;
  /** What the server said to the last attempt. */
  error: unknown;
}

export function BasketLines({ basket, warehouse, error }: Props) {
  if (basket.lines.length === 0) return <Nothing />;
  return (
    <Card>
      <ul aria-label="Basket" className="divide-y divide-line">
        {basket.lines.map((line, place) => (
          <Line key={line.variant_id} line={line} warehouse={warehouse} refusal={refusalOf(error, place)} />
        ))}
      </ul>
    </Card>
  );
}

function Nothing() {
  return (
    <div className="rounded-xl border border-dashed border-line px-6 py-14 text-center">
      <svg viewBox="0 0 48 48" className="mx-auto size-14 text-accent" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" aria-hidden="true">
        <path d="M18 9h12l5 6-11 12-11-12 5-6Zm-5 6h22M20 15l4 12 4-12-4-6-4 6Z" />
        <circle cx="24" cy="35" r="8.500" />
      </svg>
      <p className="mt-3 font-title text-lg font-semibold">A new sale</p>
      <p className="mt-1 text-sm text-muted">Scan a label: this page listens to the scanner. Or type a name.</p>
    </div>
  );
}

function Line({ line, warehouse, refusal }: { line: BasketLine; warehouse: string; refusal: string }) {
  const decimals = useDecimals(line.unit);
  const isManager = useIsManager();
  const [pricing, setPricing] = useState(false);
  const problem = obstacle(line, warehouse, decimals) || refusal;
  const price = money(line.special ?? line.price, CURRENCY) + (line.unit === "pc" ? "" : ` / ${line.unit}`);
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-3 gap-y-2 px-3 py-3 md:px-4">
      <Picture source={line.thumbnail} alt="" className="size-14" />
      <div className="min-w-0">
        <p className="text-sm font-medium">{line.name}</p>
        <p className="text-xs text-muted">
          <span className="font-mono">{line.sku}</span>
        </p>
      </div>
      <button
        type="button"
        aria-label={`Remove ${line.name}`}
        className="-mt-1 -mr-1 grid size-9 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-bad"
        onClick={() => change(remove, line.variant_id)}
      >
        <Drawing path={drawings.remove} className="size-4" />
      </button>
      <div className="col-span-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2 sm:col-span-2 sm:col-start-2">
        <Stepper
          label={`Quantity of ${line.name}`}
          unit={line.unit}
          value={line.quantity}
          onChange={(text) => change(setQuantity, line.variant_id, text)}
          onStep={(by) => change(step, line.variant_id, by)}
        />
        <p className="ml-auto text-right tabular-nums">
          {isManager ? (
            <button type="button" className="text-xs text-muted underline decoration-dotted underline-offset-4 hover:text-ink" onClick={() => setPricing(true)}>
              <span className="sr-only">Another price for {line.name}, now </span>
              {price}
            </button>
          ) : (
            <span className="text-xs text-muted">{price}</span>
          )}
          <span className="ml-3 font-medium">{money(decimal(gross(line)), CURRENCY)}</span>
        </p>
      </div>
      {problem ? (
        <p role="status" className="col-span-3 text-sm text-bad sm:col-span-2 sm:col-start-2">
          {problem}
        </p>
      ) : null}
      {pricing ? <SpecialPrice line={line} onClose={() => setPricing(false)} /> : null}
    </li>
  );
}

/** What the server says of the line at this place. */
function refusalOf(error: unknown, place: number): string {
  if (!(error instanceof ApiError)) return "";
  return error.parts.find(({ pointer = "" }) => pointer.includes(`lines/${place}/`) || pointer.endsWith(`lines/${place}`))?.detail ?? "";
}

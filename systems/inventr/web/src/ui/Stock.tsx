import { signed } from "@stackyard/web-kit/format";
import { useState } from "react";

import type { Product } from "../api/types";
import { useStock } from "../live/stock";

type Shown = Pick<Product, "id" | "sku" | "stock" | "reorder_level" | "updated_at">;
type Level = "out" | "low" | "fine";

/** What a stock level means to the shop. */
export function levelOf(stock: number, reorderLevel: number): Level {
  if (stock <= 0) return "out";
  return stock <= reorderLevel ? "low" : "fine";
}

const NUMBER = { out: "text-bad", low: "text-warn", fine: "text-ink" } as const;
const FILL = { out: "fill-bad", low: "fill-warn", fine: "fill-accent" } as const;
const FLAG = {
  out: { text: "Out of stock", look: "bg-bad-soft text-bad" },
  low: { text: "Low", look: "bg-warn-soft text-warn" },
  fine: null,
} as const;

/** The live stock of a product: the number, a word when it is low, how it just changed, and a gauge. */
export function Stock({ product, large = false }: { product: Shown; large?: boolean }) {
  const stock = useStock(product);
  const { by, times } = useChange(stock);
  const level = levelOf(stock, product.reorder_level);
  const flag = FLAG[level];
  return (
    <div>
      <div className="flex items-center gap-2.5">
        <span className={`relative isolate font-semibold tabular-nums ${NUMBER[level]} ${large ? "text-4xl" : "text-lg leading-6"}`}>
          {times > 0 ? <Flash key={times} /> : null}
          <span data-testid={`stock-${product.sku}`}>{stock}</span>
        </span>
        <span className="sr-only">in stock</span>
        {flag ? <span className={`rounded px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${flag.look}`}>{flag.text}</span> : null}
        {times > 0 ? (
          <span key={times} aria-hidden="true" className="animate-delta text-sm font-medium text-accent tabular-nums">
            {signed(by)}
          </span>
        ) : null}
      </div>
      <Gauge share={stock / Math.max(product.reorder_level * 3, 1)} level={level} />
    </div>
  );
}

/** The last change of a number, and how many there have been since it was first shown. */
function useChange(value: number): { by: number; times: number } {
  const [seen, setSeen] = useState({ value, by: 0, times: 0 });
  if (seen.value !== value) setSeen({ value, by: value - seen.value, times: seen.times + 1 });
  return seen;
}

function Flash() {
  return (
    <span
      aria-hidden="true"
      className="absolute -inset-x-1.5 -inset-y-0.5 -z-10 animate-flash rounded-md bg-accent-soft ring-2 ring-accent"
    />
  );
}

/** A bar that is full at three times the reorder level, with a tick where reordering begins. */
function Gauge({ share, level }: { share: number; level: Level }) {
  return (
    <svg viewBox="0 0 96 6" className="mt-1 h-1.5 w-24" aria-hidden="true">
      <rect y="1" width="96" height="4" rx="2" className="fill-sunken" />
      <rect y="1" width={Math.min(1, Math.max(0, share)) * 96} height="4" rx="2" className={`${FILL[level]} transition-[width]`} />
      <rect x="31" y="0" width="2" height="6" className="fill-surface" />
      <rect x="31.5" y="0" width="1" height="6" className="fill-muted" />
    </svg>
  );
}

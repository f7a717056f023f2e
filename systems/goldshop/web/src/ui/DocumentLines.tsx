import { money } from "@stackyard/web-kit/format";
import { Card } from "@stackyard/web-kit/ui";
import type { ReactNode } from "react";
import { Link } from "react-router-dom";

import { CURRENCY, quantityText, rateText } from "../format/shop";

interface Line {
  variant_id: string;
  item_id: string;
  sku: string;
  name: string;
  unit: string;
  quantity: string;
  tax_rate: string;
}

interface Props<T extends Line> {
  lines: T[];
  /** What one of it costs, and what the line comes to. */
  prices: (line: T) => { each: string; sum: string };
  /** Below the lines. */
  children: ReactNode;
}

/** The lines of a sale or a purchase, and what they come to. */
export function DocumentLines<T extends Line>({ lines, prices, children }: Props<T>) {
  return (
    <Card>
      <ul aria-label="Lines" className="divide-y divide-line">
        {lines.map((line) => {
          const { each, sum } = prices(line);
          return (
            <li key={line.variant_id} className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 px-4 py-3 md:px-5">
              <div className="min-w-0">
                <Link to={`/items/${line.item_id}`} className="text-sm font-medium hover:text-accent">
                  {line.name}
                </Link>
                <p className="text-xs text-muted">
                  <span className="font-mono">{line.sku}</span> · VAT {rateText(line.tax_rate)}
                </p>
              </div>
              <div className="text-right tabular-nums">
                <p className="font-medium">{money(sum, CURRENCY)}</p>
                <p className="text-xs text-muted">
                  {quantityText(line.quantity, line.unit)} × {money(each, CURRENCY)}
                </p>
              </div>
            </li>
          );
        })}
      </ul>
      <div className="border-t border-line px-4 py-4 md:px-5">{children}</div>
    </Card>
  );
}

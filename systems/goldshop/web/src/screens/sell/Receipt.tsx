import { momentText, money } from "@stackyard/web-kit/format";
import { Button, buttonClass, Card, Drawing, drawings } from "@stackyard/web-kit/ui";
import { useEffect, useRef } from "react";
import { Link } from "react-router-dom";

import { invoicePdf } from "../../api/trade";
import type { Sale } from "../../api/types";
import { CURRENCY, quantityText } from "../../format/shop";
import { PAID_BY } from "../../format/words";
import { PdfButton } from "../../ui/PdfButton";

/** What was sold, as the customer gets it. */
export function Receipt({ sale, onNext }: { sale: Sale; onNext: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <Card className="mx-auto max-w-md overflow-hidden shadow-sm">
      <div role="status" className="border-b border-line bg-accent-soft px-6 py-6 text-center">
        <span className="mx-auto grid size-12 place-items-center rounded-full bg-accent text-on-accent">
          <Drawing path={drawings.check} className="size-6" />
        </span>
        <h2 ref={heading} tabIndex={-1} className="mt-3 font-title text-xl font-semibold outline-none">
          Sold for {money(sale.gross, CURRENCY)}
        </h2>
        <p className="mt-1 text-sm text-muted">
          {sale.number} · {PAID_BY[sale.payment]} · {momentText(sale.sold_at)}
        </p>
      </div>
      <ul aria-label="Sold" className="space-y-2 px-6 py-5 text-sm">
        {sale.lines.map((line) => (
          <li key={line.variant_id} className="flex justify-between gap-4">
            <span>
              {line.name}
              <span className="block text-xs text-muted tabular-nums">
                {quantityText(line.quantity, line.unit)} × {money(line.unit_price, CURRENCY)}
              </span>
            </span>
            <span className="tabular-nums">{money(line.gross, CURRENCY)}</span>
          </li>
        ))}
      </ul>
      <p className="flex justify-between border-t border-dashed border-line px-6 py-4 text-sm text-muted tabular-nums">
        <span>of which VAT</span>
        <span>{money(sale.tax, CURRENCY)}</span>
      </p>
      <div className="grid gap-2 px-6 pb-6 sm:grid-cols-2">
        {sale.invoice ? (
          <PdfButton name={`invoice-${sale.invoice.number}.pdf`} ask={() => invoicePdf(sale.id)}>
            Invoice {sale.invoice.number}
          </PdfButton>
        ) : null}
        <Link to={`/sales/${sale.id}`} className={buttonClass("quiet")}>
          Open the sale
        </Link>
        <Button className="sm:col-span-2" onClick={onNext}>
          Next customer
        </Button>
      </div>
    </Card>
  );
}

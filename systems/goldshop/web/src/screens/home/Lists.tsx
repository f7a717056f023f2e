import { clockText, count, dayText, money } from "@stackyard/web-kit/format";
import { Card, SectionTitle } from "@stackyard/web-kit/ui";
import type { ReactNode } from "react";
import { Link } from "react-router-dom";

import type { Dashboard } from "../../api/types";
import { today } from "../../format/days";
import { CURRENCY, quantityText } from "../../format/shop";
import { Picture } from "../../ui/Picture";
import { Pill } from "../../ui/Pill";

const PAYMENTS = { cash: "cash", card: "card", transfer: "on account" } as const;

export function LatestSales({ sales }: { sales: Dashboard["latest_sales"] }) {
  return (
    <Section title="Latest sales" to="/sales" more="All sales">
      {sales.length === 0 ? (
        <Nothing>Nothing has been sold yet.</Nothing>
      ) : (
        <ul aria-label="Latest sales" className="divide-y divide-line">
          {sales.map((sale) => (
            <li key={sale.id} className="relative flex items-center justify-between gap-4 px-5 py-2.5 hover:bg-sunken/50">
              <div className="min-w-0">
                <Link to={`/sales/${sale.id}`} className="font-medium after:absolute after:inset-0 hover:text-accent">
                  {sale.customer?.name ?? "Walk-in customer"}
                </Link>
                <p className="truncate text-xs text-muted">
                  {whenText(sale.sold_at)} · {sale.number} · {PAYMENTS[sale.payment]}
                </p>
              </div>
              <div className="flex shrink-0 items-center gap-2">
                {sale.status === "returned" ? <Pill look="warn">Returned</Pill> : null}
                <p className="font-medium tabular-nums">{money(sale.gross, CURRENCY)}</p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

export function LowStock({ items, count: all }: { items: Dashboard["low_stock"]; count: number }) {
  return (
    <Section title="Running low" to="/items?stock=low" more={all > items.length ? `All ${all}` : "In the list"}>
      {items.length === 0 ? (
        <Nothing>Everything is above its reorder level.</Nothing>
      ) : (
        <ul aria-label="Running low" className="divide-y divide-line">
          {items.slice(0, 5).map((item) => (
            <li key={item.item_id} className="relative flex items-center gap-3 px-5 py-2.5 hover:bg-sunken/50">
              <Picture source={item.thumbnail} alt="" className="size-10" />
              <div className="min-w-0 flex-1">
                <Link to={`/items/${item.item_id}`} className="block truncate text-sm font-medium after:absolute after:inset-0 hover:text-accent">
                  {item.name}
                </Link>
                <p className="text-xs text-muted tabular-nums">
                  {quantityText(item.stock, item.unit)} left, reorder at {quantityText(item.reorder_level, item.unit)}
                </p>
              </div>
              {Number(item.stock) <= 0 ? <Pill look="bad">Sold out</Pill> : <Pill look="warn">Low</Pill>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

export function OpenInvoices({ open }: { open: Dashboard["open_invoices"] }) {
  return (
    <Section title="Open invoices" to="/sales?payment=transfer" more="On account">
      {open.count === 0 ? (
        <Nothing>Everybody has paid.</Nothing>
      ) : (
        <>
          <p className="flex items-baseline justify-between gap-4 border-b border-line px-5 py-3">
            <span className="text-sm text-muted">{count(open.count, "invoice")}</span>
            <span className="text-lg font-semibold tabular-nums">{money(open.gross, CURRENCY)}</span>
          </p>
          <ul aria-label="Open invoices" className="divide-y divide-line">
            {open.items.slice(0, 5).map((invoice) => (
              <li key={invoice.sale_id} className="relative flex items-center justify-between gap-4 px-5 py-2.5 hover:bg-sunken/50">
                <div className="min-w-0">
                  <Link to={`/sales/${invoice.sale_id}`} className="block truncate text-sm font-medium after:absolute after:inset-0 hover:text-accent">
                    {invoice.customer ?? "Walk-in customer"}
                  </Link>
                  <p className="text-xs text-muted tabular-nums">
                    {invoice.number} · due {dayText(invoice.due_at.slice(0, 10))}
                  </p>
                </div>
                <div className="flex shrink-0 items-center gap-2">
                  {invoice.overdue ? <Pill look="bad">Overdue</Pill> : null}
                  <p className="text-sm font-medium tabular-nums">{money(invoice.gross, CURRENCY)}</p>
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}

function Section({ title, to, more, children }: { title: string; to: string; more: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <div className="flex items-baseline justify-between gap-4">
        <SectionTitle>{title}</SectionTitle>
        <Link to={to} className="text-sm font-medium text-accent hover:underline">
          {more}
        </Link>
      </div>
      <Card className="overflow-hidden">{children}</Card>
    </section>
  );
}

const Nothing = ({ children }: { children: string }) => <p className="px-5 py-8 text-center text-sm text-muted">{children}</p>;

/** "14:03" today, "20 Nov" before. */
function whenText(iso: string): string {
  return iso.slice(0, 10) === today() ? clockText(Date.parse(iso)) : dayText(iso.slice(0, 10));
}

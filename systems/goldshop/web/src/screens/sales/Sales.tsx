import { momentText, money } from "@stackyard/web-kit/format";
import { buttonClass, Page, SelectField, useFilterInAddress } from "@stackyard/web-kit/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";

import { type SaleFilter, salesQuery } from "../../api/trade";
import type { SaleRow } from "../../api/types";
import { CURRENCY } from "../../format/shop";
import { PAID_BY } from "../../format/words";
import { Listing } from "../../ui/Listing";
import { Period } from "../../ui/Period";
import { Pill } from "../../ui/Pill";
import { Row } from "../../ui/Rows";

export default function Sales() {
  const { params, put, reset } = useFilterInAddress("q");
  const payment = params.get("payment");
  const filter: SaleFilter = {
    payment: payment === "cash" || payment === "card" || payment === "transfer" ? payment : "",
    from: params.get("from") ?? "",
    to: params.get("to") ?? "",
  };
  const query = useInfiniteQuery(salesQuery(filter));
  const isFiltered = Object.values(filter).some(Boolean);
  return (
    <Page
      title="Sales"
      aside={
        <Link to="/sell" className={buttonClass()}>
          New sale
        </Link>
      }
    >
      <div role="search" aria-label="Which sales" className="mb-4 grid grid-cols-2 gap-3 md:grid-cols-[12rem_10rem_10rem]">
        <SelectField label="Paid by" className="max-md:col-span-2" value={filter.payment} onChange={(event) => put("payment", event.target.value)}>
          <option value="">Any way</option>
          <option value="card">Card</option>
          <option value="cash">Cash</option>
          <option value="transfer">Bank transfer</option>
        </SelectField>
        <Period from={filter.from} to={filter.to} put={put} />
      </div>
      <Listing label="Sales" query={query} row={(sale) => <Sold key={sale.id} sale={sale} />} empty="No sales yet" onReset={isFiltered ? reset : undefined} />
    </Page>
  );
}

function Sold({ sale }: { sale: SaleRow }) {
  return (
    <Row
      to={`/sales/${sale.id}`}
      title={`${sale.number} · ${sale.customer?.name ?? "Walk-in customer"}`}
      sub={`${momentText(sale.sold_at)} · ${sale.warehouse.name}`}
      middle={<State sale={sale} />}
      figure={<span className={sale.status === "returned" ? "text-muted line-through" : ""}>{money(sale.gross, CURRENCY)}</span>}
      note={PAID_BY[sale.payment]}
    />
  );
}

/** What is out of the ordinary with a sale. */
export function State({ sale }: { sale: Pick<SaleRow, "status" | "invoice"> }) {
  if (sale.status === "returned") return <Pill look="bad">Returned</Pill>;
  if (!sale.invoice || sale.invoice.paid_at !== null) return null;
  return new Date(sale.invoice.due_at) < new Date() ? <Pill look="bad">Overdue</Pill> : <Pill look="warn">To be paid</Pill>;
}

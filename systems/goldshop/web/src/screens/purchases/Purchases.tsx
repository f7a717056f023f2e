import { momentText, money } from "@stackyard/web-kit/format";
import { buttonClass, Page, SelectField, useFilterInAddress } from "@stackyard/web-kit/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";

import { purchasesQuery } from "../../api/trade";
import type { Purchase } from "../../api/types";
import { useIsManager } from "../../app/user";
import { CURRENCY } from "../../format/shop";
import { PURCHASE_STATUS } from "../../format/words";
import { Listing } from "../../ui/Listing";
import { Pill } from "../../ui/Pill";
import { Row } from "../../ui/Rows";

type Status = Purchase["status"];

export default function Purchases() {
  const { params, put, reset } = useFilterInAddress("q");
  const asked = params.get("status") ?? "";
  const status = asked in PURCHASE_STATUS ? (asked as Status) : "";
  const query = useInfiniteQuery(purchasesQuery(status));
  return (
    <Page
      title="Purchases"
      aside={
        useIsManager() ? (
          <Link to="/purchases/new" className={buttonClass()}>
            New purchase
          </Link>
        ) : null
      }
    >
      <div role="search" aria-label="Which purchases" className="mb-4 md:w-48">
        <SelectField label="State" value={status} onChange={(event) => put("status", event.target.value)}>
          <option value="">All</option>
          {Object.entries(PURCHASE_STATUS).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </SelectField>
      </div>
      <Listing
        label="Purchases"
        query={query}
        empty="No purchases yet"
        onReset={status ? reset : undefined}
        row={(purchase) => (
          <Row
            key={purchase.id}
            to={`/purchases/${purchase.id}`}
            title={`${purchase.number} · ${purchase.supplier.name}`}
            sub={`Ordered ${momentText(purchase.ordered_at)} · for ${purchase.warehouse.name}`}
            middle={<PurchaseState status={purchase.status} />}
            figure={money(purchase.gross, CURRENCY)}
            note={`${money(purchase.net, CURRENCY)} net`}
          />
        )}
      />
    </Page>
  );
}

export function PurchaseState({ status }: { status: Status }) {
  if (status === "received") return <Pill>{PURCHASE_STATUS.received}</Pill>;
  return <Pill look={status === "ordered" ? "gold" : "bad"}>{PURCHASE_STATUS[status]}</Pill>;
}

import { momentText } from "@stackyard/web-kit/format";
import { Button, buttonClass, Page, SelectField, useFilterInAddress } from "@stackyard/web-kit/ui";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";

import { type MovementFilter, movementsQuery, warehousesQuery } from "../../api/stock";
import type { Movement } from "../../api/types";
import { useIsManager } from "../../app/user";
import { quantityText } from "../../format/shop";
import { MOVED_BY } from "../../format/words";
import { Listing } from "../../ui/Listing";
import { Period } from "../../ui/Period";
import { Pill } from "../../ui/Pill";
import { Row } from "../../ui/Rows";

/** What has moved, the newest first. */
export default function Movements() {
  const { params, put, reset } = useFilterInAddress("q");
  const reason = params.get("reason") ?? "";
  const filter: MovementFilter = {
    variant: params.get("variant") ?? "",
    warehouse: params.get("warehouse") ?? "",
    reason: reason in MOVED_BY ? (reason as Movement["reason"]) : "",
    from: params.get("from") ?? "",
    to: params.get("to") ?? "",
  };
  const query = useInfiniteQuery(movementsQuery(filter));
  const first = query.data?.pages[0]?.items[0];
  return (
    <Page title="Stock movements" aside={<Actions />}>
      <Filters filter={filter} put={put} />
      {filter.variant ? (
        <p className="mb-4 flex flex-wrap items-center gap-3 text-sm">
          <span>
            Only of <span className="font-medium">{first?.name ?? "one variant"}</span>
          </span>
          <Button look="quiet" onClick={() => put("variant", "")}>
            Of everything
          </Button>
        </p>
      ) : null}
      <Listing
        label="Movements"
        query={query}
        empty="Nothing has moved yet"
        onReset={Object.values(filter).some(Boolean) ? reset : undefined}
        row={(movement) => <Moved key={movement.id} movement={movement} />}
      />
    </Page>
  );
}

function Actions() {
  const isManager = useIsManager();
  return (
    <div className="flex gap-2">
      {isManager ? (
        <Link to="/stock/adjust" className={buttonClass("light")}>
          Count
        </Link>
      ) : null}
      <Link to="/stock/transfer" className={buttonClass("light")}>
        Transfer
      </Link>
    </div>
  );
}

interface FilterProps {
  filter: MovementFilter;
  put: (name: keyof MovementFilter, value: string) => void;
}

function Filters({ filter, put }: FilterProps) {
  const warehouses = useQuery(warehousesQuery).data ?? [];
  return (
    <div role="search" aria-label="Which movements" className="mb-4 grid grid-cols-2 gap-3 md:grid-cols-4">
      <SelectField label="Warehouse" value={filter.warehouse} onChange={(event) => put("warehouse", event.target.value)}>
        <option value="">Everywhere</option>
        {warehouses.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField label="Why" value={filter.reason} onChange={(event) => put("reason", event.target.value)}>
        <option value="">For any reason</option>
        {Object.entries(MOVED_BY).map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </SelectField>
      <Period from={filter.from} to={filter.to} put={put} />
    </div>
  );
}

function Moved({ movement }: { movement: Movement }) {
  const comes = Number(movement.quantity) > 0;
  const quantity = quantityText(movement.quantity.replace("-", ""), movement.unit);
  const to = documentOf(movement);
  return (
    <Row
      {...(to && { to })}
      title={movement.name}
      sub={`${momentText(movement.at)} · ${movement.created_by}${movement.note ? ` · ${movement.note}` : ""}`}
      middle={
        <>
          <Pill look={comes ? "gold" : "plain"}>{MOVED_BY[movement.reason]}</Pill>
          {movement.warehouse}
        </>
      }
      figure={<span className={comes ? "text-accent-strong" : ""}>{(comes ? "+" : "−") + quantity}</span>}
      note={<span className="font-mono">{movement.sku}</span>}
    />
  );
}

/** Where the document of a movement is shown; the item where it has none. */
function documentOf({ document_kind, document_id, item_id }: Movement): string {
  if (document_kind === "sale" && document_id) return `/sales/${document_id}`;
  if (document_kind === "purchase" && document_id) return `/purchases/${document_id}`;
  return `/items/${item_id}`;
}

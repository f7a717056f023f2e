import { buttonClass, Page, SearchField, useFilterInAddress } from "@stackyard/web-kit/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";

import { partnersQuery } from "../../api/trade";
import { Choice } from "../../ui/Choice";
import { Listing } from "../../ui/Listing";
import { Pill } from "../../ui/Pill";
import { Row } from "../../ui/Rows";

/** Whom the shop buys from and sells to. */
export default function Partners() {
  const { params, text, search, put, reset } = useFilterInAddress("q");
  const asked = params.get("kind");
  const kind = asked === "supplier" || asked === "customer" ? asked : "";
  const q = params.get("q") ?? "";
  const query = useInfiniteQuery(partnersQuery({ kind, q }));
  return (
    <Page
      title="Partners"
      aside={
        <Link to="/partners/new" className={buttonClass()}>
          New partner
        </Link>
      }
    >
      <div role="search" aria-label="Which partners" className="mb-4 grid gap-2 sm:grid-cols-[minmax(0,1fr)_12rem]">
        <SearchField label="Search partners" placeholder="Name or email" value={text} onChange={(event) => search(event.target.value)} />
        <Choice label="Kind" value={kind} onChoose={(value) => put("kind", value)}>
          <option value="">Everybody</option>
          <option value="customer">Customers</option>
          <option value="supplier">Suppliers</option>
        </Choice>
      </div>
      <Listing
        label="Partners"
        query={query}
        empty="Nobody yet"
        onReset={q || kind ? reset : undefined}
        row={(partner) => (
          <Row
            key={partner.id}
            to={`/partners/${partner.id}`}
            title={partner.name}
            sub={partner.email || "no email"}
            middle={<Pill look={partner.kind === "supplier" ? "gold" : "plain"}>{partner.kind === "supplier" ? "Supplier" : "Customer"}</Pill>}
            figure={<span className="text-sm font-normal">{partner.phone}</span>}
          />
        )}
      />
    </Page>
  );
}

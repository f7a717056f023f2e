import { momentText, money } from "@stackyard/web-kit/format";
import { Card, Loaded, Page } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router-dom";

import { saleQuery } from "../../api/trade";
import type { Sale as Shown } from "../../api/types";
import { CURRENCY } from "../../format/shop";
import { PAID_BY } from "../../format/words";
import { DocumentLines } from "../../ui/DocumentLines";
import { Amounts, Facts } from "../../ui/Facts";
import { State } from "../sales/Sales";
import { SaleActions } from "./SaleActions";

const BACK = { to: "/sales", label: "Sales" };

export default function Sale() {
  const { id = "" } = useParams();
  const query = useQuery(saleQuery(id));
  return (
    <Page title={query.data ? `Sale ${query.data.number}` : "Sale"} back={BACK} aside={query.data ? <State sale={query.data} /> : null}>
      <Loaded query={query}>{(sale) => <Detail sale={sale} />}</Loaded>
    </Page>
  );
}

function Detail({ sale }: { sale: Shown }) {
  return (
    <div className="space-y-5">
      <Card className="p-4 md:p-5">
        <Facts facts={factsOf(sale)} />
      </Card>
      <SaleActions sale={sale} />
      <DocumentLines lines={sale.lines} prices={({ unit_price, gross }) => ({ each: unit_price, sum: gross })}>
        <Amounts net={money(sale.net, CURRENCY)} tax={money(sale.tax, CURRENCY)} gross={money(sale.gross, CURRENCY)} />
      </DocumentLines>
    </div>
  );
}

function factsOf(sale: Shown): [string, string][] {
  const { invoice } = sale;
  return [
    ["Customer", sale.customer?.name ?? "Walk-in customer"],
    ["Sold", momentText(sale.sold_at)],
    ["From", sale.warehouse.name],
    ["By", sale.created_by],
    ["Paid by", PAID_BY[sale.payment]],
    ...(invoice ? [["Invoice", invoice.number] as [string, string]] : []),
    ...(invoice && sale.payment === "transfer"
      ? [(invoice.paid_at ? ["Paid", momentText(invoice.paid_at)] : ["Due", momentText(invoice.due_at)]) as [string, string]]
      : []),
    ...(sale.returned_at ? [["Returned", momentText(sale.returned_at)] as [string, string]] : []),
  ];
}

import { momentText, money } from "@stackyard/web-kit/format";
import { Card, Loaded, Page } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router-dom";

import { orderQuery } from "../../api/queries";
import type { Order } from "../../api/types";
import { useIsManager } from "../../app/user";
import { CancelOrder } from "./CancelOrder";
import { OrderStatus } from "./OrderStatus";

const BACK = { to: "/orders", label: "Orders" };

export default function OrderDetail() {
  const { id = "" } = useParams();
  const query = useQuery(orderQuery(id));
  const order = query.data;
  return (
    <Page
      title={order ? `Order ${order.number}` : "Order"}
      back={BACK}
      aside={order ? <OrderStatus status={order.status} /> : null}
    >
      <Loaded query={query}>{(loaded) => <Detail order={loaded} />}</Loaded>
    </Page>
  );
}

function Detail({ order }: { order: Order }) {
  const isManager = useIsManager();
  return (
    <div className="space-y-5">
      <p className="text-sm text-muted">
        <time dateTime={order.created_at}>{momentText(order.created_at)}</time>
        {order.customer ? (
          <>
            {" "}
            for <span className="text-ink">{order.customer}</span>
          </>
        ) : null}
        {order.created_by ? `, placed by ${order.created_by}` : ""}
      </p>
      <Lines order={order} />
      {isManager && order.status === "placed" ? <CancelOrder order={order} /> : null}
    </div>
  );
}

function Lines({ order }: { order: Order }) {
  return (
    <Card>
      <table className="w-full text-left">
        <thead className="border-b border-line text-xs text-muted">
          <tr>
            <th className="px-4 py-2 font-medium">Product</th>
            <th className="py-2 text-right font-medium">Qty</th>
            <th className="hidden py-2 pl-4 text-right font-medium sm:table-cell">Each</th>
            <th className="px-4 py-2 text-right font-medium">Amount</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line tabular-nums">
          {order.lines.map((line) => (
            <tr key={line.product_id}>
              <td className="px-4 py-2.5">
                <Link to={`/products/${line.product_id}`} className="font-medium hover:text-accent hover:underline">
                  {line.name}
                </Link>
                <span className="block font-mono text-xs text-muted">{line.sku}</span>
              </td>
              <td className="py-2.5 text-right align-top">{line.quantity}</td>
              <td className="hidden py-2.5 pl-4 text-right align-top sm:table-cell">{money(line.unit_price, order.currency)}</td>
              <td className="px-4 py-2.5 text-right align-top">{money(line.line_total, order.currency)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot className="border-t border-line">
          <tr>
            <th className="px-4 py-3 font-semibold">Total</th>
            <td />
            <td className="hidden sm:table-cell" />
            <td className="px-4 py-3 text-right text-lg font-semibold tabular-nums">{money(order.total, order.currency)}</td>
          </tr>
        </tfoot>
      </table>
    </Card>
  );
}

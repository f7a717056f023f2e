import { count, momentText, money } from "@stackyard/web-kit/format";
import { Button, buttonClass, Card, Empty, Loaded, Page } from "@stackyard/web-kit/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";

import { ordersQuery } from "../../api/queries";
import type { Order } from "../../api/types";
import { Icon } from "../../ui/Icon";
import { OrderStatus } from "./OrderStatus";

export default function Orders() {
  const query = useInfiniteQuery(ordersQuery);
  return (
    <Page title="Orders">
      <Loaded query={query}>{({ pages }) => <OrderList orders={pages.flatMap((page) => page.items)} />}</Loaded>
      {query.hasNextPage ? (
        <Button look="quiet" className="mt-4 w-full" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {query.isFetchingNextPage ? "Loading…" : "Show older"}
        </Button>
      ) : null}
    </Page>
  );
}

function OrderList({ orders }: { orders: Order[] }) {
  if (orders.length === 0) {
    return (
      <Empty title="No orders yet">
        <p>The first one will be listed here.</p>
        <Link to="/order" className={buttonClass("quiet", "mt-4")}>
          Begin one
        </Link>
      </Empty>
    );
  }
  return (
    <Card className="overflow-hidden">
      <ul className="divide-y divide-line">
        {orders.map((order) => (
          <li key={order.id}>
            <OrderRow order={order} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function OrderRow({ order }: { order: Order }) {
  const quantity = order.lines.reduce((sum, line) => sum + line.quantity, 0);
  const cancelled = order.status === "cancelled";
  return (
    <Link to={`/orders/${order.id}`} className="flex items-center gap-4 px-4 py-2.5 -outline-offset-2 hover:bg-sunken">
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-2.5">
          <span className="font-medium tabular-nums">{order.number}</span>
          {order.customer ? <span className="truncate text-sm">{order.customer}</span> : null}
          {cancelled ? <OrderStatus status={order.status} /> : null}
        </span>
        <span className="mt-0.5 block truncate text-xs text-muted">
          {momentText(order.created_at)} · {count(quantity, "piece")}
        </span>
      </span>
      <span className={`font-medium tabular-nums ${cancelled ? "text-muted line-through" : ""}`}>
        {money(order.total, order.currency)}
      </span>
      <Icon name="next" className="size-4 text-muted" />
    </Link>
  );
}

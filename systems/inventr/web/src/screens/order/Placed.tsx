import { count, money } from "@stackyard/web-kit/format";
import { Button, buttonClass, Card } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

import type { Order } from "../../api/types";
import { Icon } from "../../ui/Icon";

/** The order is in. */
export function Placed({ order, onNext }: { order: Order; onNext: () => void }) {
  const quantity = order.lines.reduce((sum, line) => sum + line.quantity, 0);
  return (
    <Card className="p-6 text-center md:py-10">
      <span className="mx-auto grid size-12 place-items-center rounded-full bg-accent-soft text-accent">
        <Icon name="check" className="size-6" />
      </span>
      <p className="mt-4 text-xl font-semibold">Order {order.number} placed</p>
      <p className="mt-1 text-muted">
        {count(quantity, "piece")} for {money(order.total, order.currency)}
      </p>
      <div className="mt-6 flex flex-wrap justify-center gap-3">
        <Button onClick={onNext}>Start another</Button>
        <Link to={`/orders/${order.id}`} className={buttonClass("quiet")}>
          See the details
        </Link>
      </div>
    </Card>
  );
}

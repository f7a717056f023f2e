import { momentText, money } from "@stackyard/web-kit/format";
import { announce } from "@stackyard/web-kit/live";
import { Button, buttonClass, Card, Loaded, Page } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router-dom";

import { useChange } from "../../api/attempt";
import { cancelPurchase, PURCHASE_TOUCHES, purchaseQuery, receiveGoods } from "../../api/trade";
import type { Purchase as Shown } from "../../api/types";
import { useIsManager } from "../../app/user";
import { CURRENCY } from "../../format/shop";
import { Confirm } from "../../ui/Dialog";
import { DocumentLines } from "../../ui/DocumentLines";
import { Amounts, Facts } from "../../ui/Facts";
import { InTheBooks } from "../../ui/InTheBooks";
import { Problem } from "../../ui/Problem";
import { PurchaseState } from "../purchases/Purchases";

const BACK = { to: "/purchases", label: "Purchases" };

export default function Purchase() {
  const { id = "" } = useParams();
  const query = useQuery(purchaseQuery(id));
  return (
    <Page
      title={query.data ? `Purchase ${query.data.number}` : "Purchase"}
      back={BACK}
      aside={query.data ? <PurchaseState status={query.data.status} /> : null}
    >
      <Loaded query={query}>{(purchase) => <Detail purchase={purchase} />}</Loaded>
    </Page>
  );
}

function Detail({ purchase }: { purchase: Shown }) {
  return (
    <div className="space-y-5">
      <Card className="p-4 md:p-5">
        <Facts
          facts={[
            ["Supplier", purchase.supplier.name],
            ["For", purchase.warehouse.name],
            ["Ordered", momentText(purchase.ordered_at)],
            ["By", purchase.created_by],
            ...(purchase.received_at ? ([["Received", momentText(purchase.received_at)]] as const) : []),
          ]}
        />
      </Card>
      <Actions purchase={purchase} />
      <DocumentLines lines={purchase.lines} prices={({ unit_cost, net }) => ({ each: unit_cost, sum: net })}>
        <Amounts net={money(purchase.net, CURRENCY)} tax={money(purchase.tax, CURRENCY)} gross={money(purchase.gross, CURRENCY)} />
      </DocumentLines>
    </div>
  );
}

function Actions({ purchase }: { purchase: Shown }) {
  const isManager = useIsManager();
  const [asked, setAsked] = useState<"receive" | "cancel" | null>(null);
  const [fresh, setFresh] = useState(false);
  const receiving = useChange(receiveGoods, PURCHASE_TOUCHES, () => {
    setAsked(null);
    setFresh(true);
  });
  const cancelling = useChange(cancelPurchase, PURCHASE_TOUCHES, () => {
    setAsked(null);
    announce("The purchase was cancelled.");
  });
  if (purchase.status === "received") return <Received purchase={purchase} fresh={fresh} />;
  if (purchase.status === "cancelled") return null;
  return (
    <div className="flex flex-wrap gap-2">
      <Button onClick={() => setAsked("receive")}>Receive</Button>
      {isManager ? (
        <Button look="danger" onClick={() => setAsked("cancel")}>
          Cancel the purchase
        </Button>
      ) : null}
      {asked === "receive" ? (
        <Confirm
          title="Receive the goods?"
          action="They are here"
          pending={receiving.isPending}
          problem={<Problem error={receiving.error} />}
          onConfirm={() => receiving.mutate(purchase.id)}
          onClose={() => setAsked(null)}
        >
          Everything on this purchase goes into stock at {purchase.warehouse.name}, and {money(purchase.gross, CURRENCY)} are owed to {purchase.supplier.name}.
        </Confirm>
      ) : null}
      {asked === "cancel" ? (
        <Confirm
          title="Cancel this purchase?"
          action="Cancel it"
          look="danger"
          pending={cancelling.isPending}
          problem={<Problem error={cancelling.error} />}
          onConfirm={() => cancelling.mutate(purchase.id)}
          onClose={() => setAsked(null)}
        >
          Nothing of {purchase.number} will be received.
        </Confirm>
      ) : null}
    </div>
  );
}

function Received({ purchase, fresh }: { purchase: Shown; fresh: boolean }) {
  const links = (
    <div className="flex flex-wrap gap-2">
      <Link to={`/labels?purchase=${purchase.id}`} className={buttonClass(fresh ? "primary" : "light")}>
        Print labels
      </Link>
      <InTheBooks transaction={purchase.transaction_id} />
    </div>
  );
  if (!fresh) return links;
  return (
    <div role="status" className="flex flex-wrap items-center justify-between gap-3 rounded-xl bg-accent-soft p-4 md:px-5">
      <p>
        <span className="font-medium">The goods are in stock.</span>{" "}
        <span className="text-sm text-muted">Their labels can be printed now.</span>
      </p>
      {links}
    </div>
  );
}

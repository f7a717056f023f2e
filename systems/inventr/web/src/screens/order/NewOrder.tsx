import { announce } from "@stackyard/web-kit/live";
import { Empty, Page } from "@stackyard/web-kit/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { lineProblems, placeBasket } from "../../order/place";
import { useBasket } from "../../order/basketStore";
import { BasketLines } from "./BasketLines";
import { Placed } from "./Placed";
import { ProductPick } from "./ProductPick";
import { Summary } from "./Summary";

const CHANGED_BY_AN_ORDER = ["products", "product-pick", "product", "orders", "revenue"];

export default function NewOrder() {
  const basket = useBasket();
  const client = useQueryClient();
  const placing = useMutation({
    mutationFn: placeBasket,
    onSettled: () =>
      void client.invalidateQueries({ predicate: ({ queryKey }) => CHANGED_BY_AN_ORDER.includes(String(queryKey[0])) }),
    onError: () => announce("The order was not placed."),
  });
  const placed = basket.lines.length === 0 ? placing.data : undefined;
  const problems = lineProblems(placing.error, basket.lines);

  return (
    <Page title="New order">
      <div role="status">{placed ? <Placed order={placed} onNext={placing.reset} /> : null}</div>
      {placed ? null : (
        <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_19rem] lg:items-start">
          <div className="min-w-0 space-y-4">
            <ProductPick />
            {basket.lines.length > 0 ? (
              <BasketLines lines={basket.lines} problems={problems} locked={placing.isPending} />
            ) : (
              <Empty title="The order is empty">Search above, scan a code, or add from the products.</Empty>
            )}
          </div>
          <Summary basket={basket} placing={placing} hasLineProblems={problems.size > 0} />
        </div>
      )}
    </Page>
  );
}

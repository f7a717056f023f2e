import { count, money } from "@stackyard/web-kit/format";
import { Button, Card, ErrorNotice, TextField } from "@stackyard/web-kit/ui";
import type { UseMutationResult } from "@tanstack/react-query";

import type { Order } from "../../api/types";
import { type Basket, pieces, setCustomer, total } from "../../order/basket";
import { change } from "../../order/basketStore";

interface Props {
  basket: Basket;
  placing: UseMutationResult<Order, Error, void>;
  hasLineProblems: boolean;
}

/** For whom, how much, and the button that places it. On a phone the total and the button stay above the navigation. */
export function Summary({ basket, placing, hasLineProblems }: Props) {
  const currency = basket.lines[0]?.product.currency ?? "EUR";
  return (
    <div className="space-y-4 lg:sticky lg:top-8">
      <Card className="p-4">
        <TextField
          label="Customer (optional)"
          maxLength={120}
          autoComplete="off"
          disabled={placing.isPending}
          value={basket.customer}
          onChange={(event) => change(setCustomer, event.target.value)}
        />
      </Card>
      {placing.error ? (
        hasLineProblems ? (
          <p role="alert" className="rounded-lg bg-bad-soft p-3 text-sm text-bad">
            The order was not placed. See the marked lines.
          </p>
        ) : (
          <ErrorNotice error={placing.error} />
        )
      ) : null}
      <div className="h-14 lg:hidden" />
      <div className="above-bar fixed inset-x-0 z-10 border-t border-line bg-surface px-4 py-3 md:left-58 lg:static lg:rounded-xl lg:border lg:p-4">
        <div className="flex items-center justify-between gap-4 lg:block">
          <p className="lg:mb-4 lg:flex lg:items-baseline lg:justify-between">
            <span className="block text-xs text-muted lg:text-sm">{count(pieces(basket), "piece")}</span>
            <span className="block text-2xl font-semibold tracking-tight tabular-nums">{money(total(basket), currency)}</span>
          </p>
          <Button
            className="min-h-12 px-6 lg:w-full"
            disabled={placing.isPending || basket.lines.length === 0}
            onClick={() => placing.mutate()}
          >
            {placing.isPending ? "Placing…" : "Place order"}
          </Button>
        </div>
      </div>
    </div>
  );
}

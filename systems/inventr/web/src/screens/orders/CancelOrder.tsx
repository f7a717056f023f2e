import { announce } from "@stackyard/web-kit/live";
import { Button, Card, ErrorNotice } from "@stackyard/web-kit/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { cancelOrder } from "../../api/endpoints";
import { orderQuery } from "../../api/queries";
import type { Order } from "../../api/types";

/** Cancels an order after a second look: it cannot be undone. */
export function CancelOrder({ order }: { order: Order }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const cancelling = useMutation({
    mutationFn: () => cancelOrder(order.id),
    onSuccess: (cancelled) => {
      client.setQueryData(orderQuery(order.id).queryKey, cancelled);
      announce(`Order ${cancelled.number} cancelled.`);
      return client.invalidateQueries();
    },
  });

  if (!asking) {
    return (
      <Button look="danger" onClick={() => setAsking(true)}>
        Cancel order
      </Button>
    );
  }
  return (
    <Card className="max-w-lg p-4">
      <p className="font-medium">Cancel order {order.number}?</p>
      <p className="mt-1 mb-4 text-sm text-muted">Its pieces go back into stock. This cannot be undone.</p>
      {cancelling.error ? <ErrorNotice error={cancelling.error} /> : null}
      <div className="mt-4 flex flex-wrap gap-3">
        <Button look="danger" disabled={cancelling.isPending} onClick={() => cancelling.mutate()}>
          {cancelling.isPending ? "Cancelling…" : "Yes, cancel it"}
        </Button>
        <Button look="quiet" disabled={cancelling.isPending} onClick={() => setAsking(false)}>
          Keep it
        </Button>
      </div>
    </Card>
  );
}

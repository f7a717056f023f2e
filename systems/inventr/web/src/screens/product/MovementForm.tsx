import { signed } from "@stackyard/web-kit/format";
import { announce } from "@stackyard/web-kit/live";
import { Button, Card, ErrorNotice, SectionTitle, SelectField, TextField } from "@stackyard/web-kit/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { recordMovement } from "../../api/endpoints";
import { movementsQuery, productQuery } from "../../api/queries";
import type { MovementReason, Product } from "../../api/types";

/** What people do, with the sign that it means for the stock. An adjustment carries its own sign. */
const REASONS: Record<MovementReason, { label: string; sign: 1 | -1 | null }> = {
  received: { label: "Received from supplier", sign: 1 },
  returned: { label: "Returned by customer", sign: 1 },
  damaged: { label: "Damaged or lost", sign: -1 },
  adjusted: { label: "Correction after a count", sign: null },
};

/** Receives or corrects stock, for managers. */
export function MovementForm({ product }: { product: Product }) {
  const client = useQueryClient();
  const [reason, setReason] = useState<MovementReason>("received");
  const [quantity, setQuantity] = useState("");
  const [note, setNote] = useState("");
  const { sign } = REASONS[reason];
  const change = Number.parseInt(quantity, 10) * (sign ?? 1);

  const record = useMutation({
    mutationFn: recordMovement,
    onSuccess: (answer) => {
      client.setQueryData(productQuery(product.id).queryKey, answer.product);
      announce(`Recorded ${signed(answer.movement.quantity)}. ${answer.product.stock} in stock.`);
      setQuantity("");
      setNote("");
      return client.invalidateQueries({ queryKey: movementsQuery(product.id).queryKey });
    },
  });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (record.isPending || !change) return;
    record.mutate({ product_id: product.id, quantity: change, reason, ...(note.trim() ? { note: note.trim() } : {}) });
  };

  return (
    <Card className="p-4">
      <section>
        <SectionTitle>Receive or adjust</SectionTitle>
        <form onSubmit={submit} className="space-y-4">
          <SelectField label="Reason" value={reason} onChange={(event) => setReason(event.target.value as MovementReason)}>
            {Object.entries(REASONS).map(([value, { label }]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
          <TextField
            label={sign === null ? "Difference" : "Quantity"}
            hint={sign === null ? "With a minus sign when there is less than recorded, such as -2." : undefined}
            type="number"
            inputMode={sign === null ? "text" : "numeric"}
            step="1"
            min={sign === null ? undefined : 1}
            required
            value={quantity}
            onChange={(event) => setQuantity(event.target.value)}
          />
          <TextField label="Note (optional)" maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} />
          {record.error ? <ErrorNotice error={record.error} /> : null}
          <Button type="submit" className="w-full" disabled={record.isPending}>
            {record.isPending ? "Recording…" : change ? `Record ${signed(change)}` : "Record"}
          </Button>
          {record.isSuccess ? (
            <p className="text-sm text-muted">Recorded {signed(record.data.movement.quantity)}.</p>
          ) : null}
        </form>
      </section>
    </Card>
  );
}

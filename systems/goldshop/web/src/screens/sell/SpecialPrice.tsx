import { money } from "@stackyard/web-kit/format";
import { Button, TextField } from "@stackyard/web-kit/ui";
import { type SubmitEvent, useState } from "react";

import { typedAmount } from "../../format/amounts";
import { CURRENCY } from "../../format/shop";
import { type BasketLine, setPrice } from "../../sell/basket";
import { change } from "../../sell/basketStore";
import { Dialog } from "../../ui/Dialog";

/** A manager asks another price than the label says. */
export function SpecialPrice({ line, onClose }: { line: BasketLine; onClose: () => void }) {
  const [text, setText] = useState(line.special ?? line.price);
  const amount = typedAmount(text);
  const put = (price: string | null) => {
    change(setPrice, line.variant_id, price);
    onClose();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (amount !== null) put(amount);
  };
  return (
    <Dialog title="Another price" onClose={onClose}>
      <form onSubmit={submit} className="space-y-4">
        <p className="text-sm text-muted">{line.name}</p>
        <TextField
          label={`Price with VAT, ${CURRENCY}`}
          hint={`The label says ${money(line.price, CURRENCY)}.`}
          inputMode="decimal"
          autoFocus
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="flex flex-wrap justify-end gap-2">
          <Button look="quiet" onClick={() => put(null)}>
            Price of the label
          </Button>
          <Button type="submit" disabled={amount === null}>
            Use this price
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

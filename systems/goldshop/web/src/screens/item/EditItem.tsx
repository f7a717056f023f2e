import { Button } from "@stackyard/web-kit/ui";
import { type SubmitEvent, useState } from "react";

import { useChange } from "../../api/attempt";
import { api, told } from "../../api/client";
import type { Item } from "../../api/types";
import { Dialog } from "../../ui/Dialog";
import { Problem } from "../../ui/Problem";
import { ItemFields } from "./ItemFields";
import { levelOf, valuesOf } from "./values";

const TOUCHES = ["items", "item", "lookup", "categories"];

/** Changes what an item is. */
export function EditItem({ item, onClose }: { item: Item; onClose: () => void }) {
  const [values, setValues] = useState(valuesOf(item));
  const saving = useChange(
    () => {
      const { sku, name, description, category_id, tax_rate, active } = values;
      const body = { sku, name, description, category_id, tax_rate, active, reorder_level: levelOf(values) };
      return told(api.PATCH("/api/items/{item_id}", { params: { path: { item_id: item.id } }, body }));
    },
    TOUCHES,
    onClose,
  );
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    saving.mutate(undefined);
  };
  return (
    <Dialog title="Change the item" onClose={onClose}>
      <form onSubmit={submit} className="space-y-4">
        <ItemFields isNew={false} values={values} onChange={(change) => setValues({ ...values, ...change })} />
        <Problem error={saving.error} />
        <div className="flex justify-end">
          <Button type="submit" disabled={saving.isPending}>
            {saving.isPending ? "Saving…" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

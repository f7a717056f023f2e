import { Button } from "@stackyard/web-kit/ui";
import { type SubmitEvent, useState } from "react";

import { useChange } from "../../api/attempt";
import { api, told } from "../../api/client";
import type { Item, Variant } from "../../api/types";
import { Dialog } from "../../ui/Dialog";
import { Check } from "../../ui/inputs";
import { Problem } from "../../ui/Problem";
import { VariantFields } from "./ItemFields";
import { newVariant, variantOf, variantValues, type VariantValues } from "./values";

interface Props {
  item: Item;
  /** Which one to change; a new one without. */
  variant?: Variant | undefined;
  onClose: () => void;
}

/** Adds a variant, or changes one. */
export function VariantDialog({ item, variant, onClose }: Props) {
  const [values, setValues] = useState(variant ? variantValues(variant) : newVariant(`${item.sku}-`));
  const saving = useChange(() => save(item.id, variant, values), ["items", "item", "lookup"], onClose);
  const isWhole = variantOf(values) !== null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    saving.mutate(undefined);
  };
  return (
    <Dialog title={variant ? "Change the variant" : "New variant"} onClose={onClose}>
      <form onSubmit={submit} className="space-y-4">
        <VariantFields values={values} onChange={(change) => setValues({ ...values, ...change })} />
        {variant ? <Check label="Sold" checked={values.active} onChange={(event) => setValues({ ...values, active: event.target.checked })} /> : null}
        <Problem error={saving.error} />
        <div className="flex justify-end">
          <Button type="submit" disabled={saving.isPending || !isWhole}>
            {saving.isPending ? "Saving…" : variant ? "Save" : "Add"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

async function save(item_id: string, variant: Variant | undefined, values: VariantValues): Promise<Item> {
  const wanted = variantOf(values);
  if (!wanted) throw new Error("The form offers no saving while something is missing.");
  const { active, ...body } = wanted;
  if (!variant) return told(api.POST("/api/items/{item_id}/variants", { params: { path: { item_id } }, body }));
  const path = { variant_id: variant.id };
  return told(api.PATCH("/api/variants/{variant_id}", { params: { path }, body: { ...body, active } }));
}

import { Button, Card, Page, SectionTitle } from "@stackyard/web-kit/ui";
import { type SubmitEvent, useState } from "react";
import { useNavigate } from "react-router-dom";

import { useOnce } from "../../api/attempt";
import { api, told } from "../../api/client";
import type { NewItem as Wanted } from "../../api/types";
import { Problem } from "../../ui/Problem";
import { ItemFields, VariantFields } from "./ItemFields";
import { itemOf, newItem, newVariant } from "./values";

const BACK = { to: "/items", label: "Items" };

export default function NewItem() {
  const navigate = useNavigate();
  const [values, setValues] = useState(newItem);
  const [first, setFirst] = useState(newVariant());
  const adding = useOnce(
    "item",
    (body: Wanted, header) => told(api.POST("/api/items", { body, params: { header } })),
    ["items", "categories"],
    ({ id }) => navigate(`/items/${id}`, { replace: true }),
  );
  const wanted = itemOf(values, first);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (wanted) adding.mutate(wanted);
  };
  return (
    <Page title="New item" back={BACK}>
      <Card className="max-w-2xl p-4 md:p-6">
        <form onSubmit={submit} className="space-y-4">
          <ItemFields isNew values={values} onChange={(change) => setValues({ ...values, ...change })} />
          <div className="space-y-4 border-t border-line pt-5">
            <SectionTitle>Its first variant</SectionTitle>
            <VariantFields values={first} sku={values.sku} onChange={(change) => setFirst({ ...first, ...change })} />
            <p className="text-xs text-muted">It gets a barcode of the shop’s own. Others can be added afterwards.</p>
          </div>
          <Problem error={adding.error} />
          <Button type="submit" disabled={adding.isPending}>
            {adding.isPending ? "Adding…" : "Add the item"}
          </Button>
        </form>
      </Card>
    </Page>
  );
}

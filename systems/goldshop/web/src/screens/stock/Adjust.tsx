import { announce } from "@stackyard/web-kit/live";
import { Page, SelectField, TextField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router-dom";

import { useOnce } from "../../api/attempt";
import { api, told } from "../../api/client";
import { warehousesQuery } from "../../api/stock";
import { PURCHASE_TOUCHES } from "../../api/trade";
import type { Lookup } from "../../api/types";
import { quantityText } from "../../format/shop";
import { useDecimals } from "../../format/useDecimals";
import { difference } from "./difference";
import { ForGoods, lyingIn, Sheet } from "./StockForm";

const BACK = { to: "/stock", label: "Stock movements" };

/** What was counted goes into the stock and the books. */
export default function Adjust() {
  return (
    <Page title="Count stock" back={BACK}>
      <ForGoods>{(found) => <Form key={found.variant.id} found={found} />}</ForGoods>
    </Page>
  );
}

function Form({ found }: { found: Lookup }) {
  const navigate = useNavigate();
  const { item, variant } = found;
  const warehouses = (useQuery(warehousesQuery).data ?? []).filter(({ active }) => active);
  const [chosen, setChosen] = useState("");
  const [text, setText] = useState("");
  const [note, setNote] = useState("");
  const warehouse = chosen || warehouses[0]?.id || "";
  const there = lyingIn(found, warehouse);
  const change = difference(text, there, useDecimals(item.unit));
  const saving = useOnce(
    "adjustment",
    (body: { quantity: string; warehouse_id: string; note: string | null }, header) =>
      told(api.POST("/api/movements", { body: { variant_id: variant.id, reason: "adjusted", ...body }, params: { header } })),
    PURCHASE_TOUCHES,
    () => {
      announce("The count was recorded.");
      navigate(`/stock?variant=${variant.id}`);
    },
  );
  return (
    <Sheet
      action="Record the count"
      ready={change !== null && change !== "0" && warehouse !== ""}
      pending={saving.isPending}
      error={saving.error}
      onSubmit={() => saving.mutate({ quantity: change ?? "", warehouse_id: warehouse, note: note.trim() || null })}
    >
      <SelectField label="Where" value={warehouse} onChange={(event) => setChosen(event.target.value)}>
        {warehouses.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField
        label={`Counted${item.unit === "pc" ? "" : `, ${item.unit}`}`}
        inputMode="decimal"
        hint={`The books say ${quantityText(there, item.unit)}.${change === null || change === "0" ? "" : ` The difference is ${change.startsWith("-") ? "" : "+"}${change}.`}`}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <TextField label="Note" maxLength={200} placeholder="Such as: yearly count" value={note} onChange={(event) => setNote(event.target.value)} />
    </Sheet>
  );
}

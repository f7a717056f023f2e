import { announce } from "@stackyard/web-kit/live";
import { Page, SelectField, TextField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router-dom";

import { useOnce } from "../../api/attempt";
import { api, told } from "../../api/client";
import { warehousesQuery } from "../../api/stock";
import { PURCHASE_TOUCHES } from "../../api/trade";
import type { Lookup, Warehouse } from "../../api/types";
import { thousandths, typedQuantity } from "../../format/amounts";
import { quantityText } from "../../format/shop";
import { useDecimals } from "../../format/useDecimals";
import { ForGoods, lyingIn, Sheet } from "./StockForm";

const BACK = { to: "/stock", label: "Stock movements" };

/** Goods are carried from one warehouse to another. */
export default function Transfer() {
  return (
    <Page title="Transfer stock" back={BACK}>
      <ForGoods>{(found) => <Form key={found.variant.id} found={found} />}</ForGoods>
    </Page>
  );
}

function Form({ found }: { found: Lookup }) {
  const navigate = useNavigate();
  const { item, variant } = found;
  const warehouses = (useQuery(warehousesQuery).data ?? []).filter(({ active }) => active);
  const [chosen, setChosen] = useState({ from: "", to: "" });
  const [text, setText] = useState("1");
  const [note, setNote] = useState("");
  const from = chosen.from || mostlyIn(found, warehouses);
  const others = warehouses.filter(({ id }) => id !== from);
  const to = others.some(({ id }) => id === chosen.to) ? chosen.to : (others[0]?.id ?? "");
  const there = lyingIn(found, from);
  const quantity = typedQuantity(text, useDecimals(item.unit));
  const isThere = quantity !== null && thousandths(quantity) <= thousandths(there);
  const carrying = useOnce(
    "transfer",
    (body: { quantity: string; from_warehouse_id: string; to_warehouse_id: string; note: string | null }, header) =>
      told(api.POST("/api/transfers", { body: { variant_id: variant.id, ...body }, params: { header } })),
    PURCHASE_TOUCHES,
    () => {
      announce("The transfer was recorded.");
      navigate(`/stock?variant=${variant.id}`);
    },
  );
  return (
    <Sheet
      action="Transfer"
      ready={isThere && to !== ""}
      pending={carrying.isPending}
      error={carrying.error}
      onSubmit={() => carrying.mutate({ quantity: quantity ?? "", from_warehouse_id: from, to_warehouse_id: to, note: note.trim() || null })}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Place label="From" value={from} places={warehouses} onChoose={(id) => setChosen({ ...chosen, from: id })} />
        <Place label="To" value={to} places={others} onChoose={(id) => setChosen({ ...chosen, to: id })} />
      </div>
      <TextField
        label={`Quantity${item.unit === "pc" ? "" : `, ${item.unit}`}`}
        inputMode="decimal"
        hint={`${quantityText(there, item.unit)} lie there.`}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <TextField label="Note" maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} />
    </Sheet>
  );
}

function Place({ label, value, places, onChoose }: { label: string; value: string; places: Warehouse[]; onChoose: (id: string) => void }) {
  return (
    <SelectField label={label} value={value} onChange={(event) => onChoose(event.target.value)}>
      {places.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

/** Where most of it lies: that is where one takes from. */
function mostlyIn({ variant }: Lookup, warehouses: Warehouse[]): string {
  const [most] = variant.stock_by_warehouse.toSorted((a, b) => thousandths(b.quantity) - thousandths(a.quantity));
  return most?.warehouse_id ?? warehouses[0]?.id ?? "";
}

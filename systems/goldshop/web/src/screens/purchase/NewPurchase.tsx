import { decimal, money } from "@stackyard/web-kit/format";
import { Button, Card, Drawing, drawings, inputClass, Page, SelectField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router-dom";

import { useOnce } from "../../api/attempt";
import { unitsQuery, warehousesQuery } from "../../api/stock";
import { orderGoods, PURCHASE_TOUCHES } from "../../api/trade";
import type { PartnerRef } from "../../api/types";
import { CURRENCY } from "../../format/shop";
import { Amounts } from "../../ui/Facts";
import { Finder } from "../../ui/Finder";
import { Stepper } from "../../ui/inputs";
import { PartnerChoice } from "../../ui/PartnerChoice";
import { Picture } from "../../ui/Picture";
import { Problem } from "../../ui/Problem";
import { changed, type DraftLine, linesOf, netOf, stepped, sumsOf, withOneMore } from "./lines";

const BACK = { to: "/purchases", label: "Purchases" };

export default function NewPurchase() {
  const [lines, setLines] = useState<DraftLine[]>([]);
  return (
    <Page title="New purchase" back={BACK}>
      <div className="grid grid-cols-1 gap-5 lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start lg:gap-8">
        <div className="space-y-5">
          <Finder label="Find goods to order" onPick={(picked) => setLines(withOneMore(lines, picked))} />
          {lines.length > 0 ? <Lines lines={lines} onChange={setLines} /> : <p className="px-1 text-sm text-muted">Find what to order by its name, its SKU or its barcode.</p>}
        </div>
        <Order lines={lines} />
      </div>
    </Page>
  );
}

function Order({ lines }: { lines: DraftLine[] }) {
  const navigate = useNavigate();
  const warehouses = (useQuery(warehousesQuery).data ?? []).filter(({ active }) => active);
  const units = useQuery(unitsQuery).data ?? [];
  const [supplier, setSupplier] = useState<PartnerRef | null>(null);
  const [chosen, setChosen] = useState("");
  const warehouse = chosen || warehouses[0]?.id;
  const ordering = useOnce("purchase", orderGoods, PURCHASE_TOUCHES, ({ id }) => navigate(`/purchases/${id}`, { replace: true }));
  const asked = linesOf(lines, (unit) => units.find(({ code }) => code === unit)?.decimals ?? 0);
  const sums = sumsOf(lines);
  return (
    <Card className="space-y-5 p-4 md:p-5 lg:sticky lg:top-8">
      <PartnerChoice kind="supplier" label="Supplier" none="Choose a supplier" value={supplier} onChoose={setSupplier} />
      <SelectField label="Deliver to" value={warehouse ?? ""} onChange={(event) => setChosen(event.target.value)}>
        {warehouses.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <div className="border-t border-line pt-4">
        <Amounts net={money(sums.net, CURRENCY)} tax={money(sums.tax, CURRENCY)} gross={money(sums.gross, CURRENCY)} />
      </div>
      <Problem error={ordering.error} />
      <Button
        className="min-h-13 w-full text-base"
        disabled={!supplier || !warehouse || !asked || ordering.isPending}
        onClick={() => {
          if (supplier && warehouse && asked) ordering.mutate({ supplier_id: supplier.id, warehouse_id: warehouse, lines: asked });
        }}
      >
        {ordering.isPending ? "Ordering…" : "Order"}
      </Button>
    </Card>
  );
}

function Lines({ lines, onChange }: { lines: DraftLine[]; onChange: (lines: DraftLine[]) => void }) {
  return (
    <Card>
      <ul aria-label="To order" className="divide-y divide-line">
        {lines.map((line) => (
          <Line
            key={line.variant_id}
            line={line}
            onStep={(by) => onChange(stepped(lines, line.variant_id, by))}
            onChange={(change) => onChange(changed(lines, line.variant_id, () => change))}
            onRemove={() => onChange(lines.filter((other) => other !== line))}
          />
        ))}
      </ul>
    </Card>
  );
}

interface LineProps {
  line: DraftLine;
  onStep: (by: 1 | -1) => void;
  onChange: (change: Partial<DraftLine>) => void;
  onRemove: () => void;
}

function Line({ line, onStep, onChange, onRemove }: LineProps) {
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-3 gap-y-2 px-3 py-3 md:px-4">
      <Picture source={line.thumbnail} alt="" className="size-12" />
      <div className="min-w-0">
        <p className="text-sm font-medium">{line.name}</p>
        <p className="font-mono text-xs text-muted">{line.sku}</p>
      </div>
      <button
        type="button"
        aria-label={`Remove ${line.name}`}
        className="-mt-1 -mr-1 grid size-9 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-bad"
        onClick={onRemove}
      >
        <Drawing path={drawings.remove} className="size-4" />
      </button>
      <div className="col-span-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <Stepper label={`Quantity of ${line.name}`} unit={line.unit} value={line.quantity} onChange={(quantity) => onChange({ quantity })} onStep={onStep} />
        <label className="flex items-center gap-2 text-xs text-muted">
          at
          <span className="sr-only">, cost of one {line.name} without VAT, </span>
          <input
            inputMode="decimal"
            placeholder="0.00"
            className={`${inputClass} max-w-26 text-right tabular-nums`}
            value={line.cost}
            onChange={(event) => onChange({ cost: event.target.value })}
          />
          <span aria-hidden="true">{CURRENCY} net</span>
        </label>
        <p className="ml-auto font-medium tabular-nums">{money(decimal(netOf(line)), CURRENCY)}</p>
      </div>
    </li>
  );
}

import { count } from "@stackyard/web-kit/format";
import { Card, Drawing, drawings, Page, Skeleton } from "@stackyard/web-kit/ui";
import { useState } from "react";
import { useSearchParams } from "react-router-dom";

import { labelsPdf } from "../../api/stock";
import type { LabelLayout } from "../../api/types";
import { Finder } from "../../ui/Finder";
import { Stepper } from "../../ui/inputs";
import { PdfButton } from "../../ui/PdfButton";
import { LayoutChoice, perSheet } from "./LayoutChoice";
import { held, ofPicked, useAsked, type Wanted } from "./wanted";

/** Labels for goods, as a PDF at true size. */
export default function Labels() {
  const [params] = useSearchParams();
  const [purchase, item] = [params.get("purchase"), params.get("item")];
  const asked = useAsked(purchase, item);
  const back = purchase ? { to: `/purchases/${purchase}`, label: "Purchase" } : item ? { to: `/items/${item}`, label: "Item" } : undefined;
  return (
    <Page title="Labels" {...(back && { back })}>
      {asked ? <Printing key={params.toString()} asked={asked} /> : <Skeleton rows={3} />}
    </Page>
  );
}

function Printing({ asked }: { asked: Wanted[] }) {
  const [wanted, setWanted] = useState(asked);
  const [layout, setLayout] = useState<LabelLayout>("a4-3x8");
  const copies = wanted.reduce((sum, each) => sum + each.copies, 0);
  const add = (one: Wanted) => {
    const there = wanted.some(({ variant_id }) => variant_id === one.variant_id);
    setWanted(there ? wanted.map((each) => (each.variant_id === one.variant_id ? { ...each, copies: held(each.copies + 1) } : each)) : [...wanted, one]);
  };
  return (
    <div className="grid grid-cols-1 gap-5 lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start lg:gap-8">
      <div className="space-y-5">
        <Finder label="Find goods to label" onPick={(picked) => add(ofPicked(picked))} />
        {wanted.length > 0 ? <Chosen wanted={wanted} onChange={setWanted} /> : <p className="px-1 text-sm text-muted">Choose the goods that need labels.</p>}
      </div>
      <Card className="space-y-5 p-4 md:p-5 lg:sticky lg:top-8">
        <LayoutChoice value={layout} onChoose={setLayout} />
        <p className="text-sm text-muted">
          {count(copies, "label")} on {count(Math.ceil(copies / perSheet(layout)), layout === "a4-3x8" ? "sheet" : "piece of the roll", layout === "a4-3x8" ? "sheets" : "pieces of the roll")}, each with name, price, barcode and QR code.
        </p>
        <PdfButton
          name="labels.pdf"
          look="primary"
          disabled={copies === 0}
          ask={() => labelsPdf(wanted.map(({ variant_id, copies: times }) => ({ variant_id, copies: times })), layout)}
        >
          Make the PDF
        </PdfButton>
      </Card>
    </div>
  );
}

function Chosen({ wanted, onChange }: { wanted: Wanted[]; onChange: (wanted: Wanted[]) => void }) {
  const put = (variant: string, copies: number) =>
    onChange(wanted.map((each) => (each.variant_id === variant ? { ...each, copies: held(copies) } : each)));
  return (
    <Card>
      <ul aria-label="To label" className="divide-y divide-line">
        {wanted.map(({ variant_id, sku, name, copies }) => (
          <li key={variant_id} className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 gap-y-2 px-4 py-3 sm:grid-cols-[minmax(0,1fr)_auto_auto]">
            <div className="min-w-0">
              <p className="text-sm font-medium">{name}</p>
              <p className="font-mono text-xs text-muted">{sku}</p>
            </div>
            <div className="max-sm:order-3">
              <Stepper
                label={`Copies of the label of ${name}`}
                unit="pc"
                value={String(copies)}
                onChange={(text) => put(variant_id, Number(text))}
                onStep={(by) => put(variant_id, copies + by)}
              />
            </div>
            <button
              type="button"
              aria-label={`No label for ${name}`}
              className="grid size-9 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-bad"
              onClick={() => onChange(wanted.filter((each) => each.variant_id !== variant_id))}
            >
              <Drawing path={drawings.remove} className="size-4" />
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

import { cents, decimal, money } from "@stackyard/web-kit/format";
import { Button, Card, TextField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useOnce } from "../../api/attempt";
import { unitsQuery } from "../../api/stock";
import { SALE_TOUCHES, sell } from "../../api/trade";
import type { Payment, Sale } from "../../api/types";
import { typedAmount } from "../../format/amounts";
import { CURRENCY } from "../../format/shop";
import { type Basket, obstacle, saleOf, totals } from "../../sell/basket";
import { basketStore, clearBasket } from "../../sell/basketStore";
import { PartnerChoice } from "../../ui/PartnerChoice";
import { Segments } from "../../ui/inputs";
import { Problem } from "../../ui/Problem";

const PAYMENTS: readonly { value: Payment; label: string }[] = [
  { value: "card", label: "Card" },
  { value: "cash", label: "Cash" },
  { value: "transfer", label: "Transfer" },
];

interface Props {
  basket: Basket;
  warehouse: string;
  onSold: (sale: Sale) => void;
  onError: (error: unknown) => void;
}

/** Who buys, how it is paid, what it comes to. */
export function Checkout({ basket, warehouse, onSold, onError }: Props) {
  const units = useQuery(unitsQuery).data ?? [];
  const placing = useOnce("sale", sell, SALE_TOUCHES, (sale) => {
    clearBasket();
    onSold(sale);
  });
  const isReady = basket.lines.every((line) => !obstacle(line, warehouse, units.find(({ code }) => code === line.unit)?.decimals ?? 0));
  const put = (change: Partial<Basket>) => basketStore.set({ ...basket, ...change });
  const place = () => {
    onError(null);
    placing.mutate(saleOf(basket, warehouse), { onError });
  };
  return (
    <Card className="space-y-5 p-4 md:p-5 lg:sticky lg:top-8">
      <PartnerChoice kind="customer" label="Customer" none="Walk-in customer" value={basket.customer} onChoose={(customer) => put({ customer })} />
      <Segments label="Paid by" value={basket.payment} options={PAYMENTS} onChoose={(payment) => put({ payment })} />
      <Sum basket={basket} />
      {basket.payment === "cash" ? <Change due={totals(basket).gross} /> : null}
      {basket.payment === "transfer" ? <p className="text-sm text-muted">The customer pays the invoice within 14 days.</p> : null}
      <Problem error={placing.error} />
      <Button className="min-h-13 w-full text-base" disabled={!isReady || placing.isPending} onClick={place}>
        {placing.isPending ? "Selling…" : "Complete sale"}
      </Button>
    </Card>
  );
}

function Sum({ basket }: { basket: Basket }) {
  const { gross, tax } = totals(basket);
  return (
    <dl className="grid grid-cols-[1fr_auto] items-baseline gap-y-1 border-t border-line pt-4 tabular-nums">
      <dt className="text-sm text-muted">Without VAT</dt>
      <dd className="text-right text-sm">{money(decimal(gross - tax), CURRENCY)}</dd>
      <dt className="text-sm text-muted">VAT</dt>
      <dd className="text-right text-sm">{money(decimal(tax), CURRENCY)}</dd>
      <dt className="pt-1 font-medium">Total</dt>
      <dd className="pt-1 text-right font-title text-3xl font-semibold tracking-tight">{money(decimal(gross), CURRENCY)}</dd>
    </dl>
  );
}

function Change({ due }: { due: number }) {
  const [text, setText] = useState("");
  const given = typedAmount(text);
  const back = given === null ? null : cents(given) - due;
  return (
    <div className="grid grid-cols-2 items-end gap-3">
      <TextField label="Cash given" inputMode="decimal" placeholder="0.00" value={text} onChange={(event) => setText(event.target.value)} />
      <p aria-live="polite" className="pb-1 text-right tabular-nums">
        {back === null ? null : (
          <>
            <span className="block text-xs text-muted">{back < 0 ? "Still to pay" : "Change"}</span>
            <span className="text-lg font-medium">{money(decimal(Math.abs(back)), CURRENCY)}</span>
          </>
        )}
      </p>
    </div>
  );
}

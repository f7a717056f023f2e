import { money } from "@stackyard/web-kit/format";
import { announce } from "@stackyard/web-kit/live";
import { Button } from "@stackyard/web-kit/ui";
import { useState } from "react";

import { useChange } from "../../api/attempt";
import { invoicePdf, paySale, SALE_TOUCHES, takeBack } from "../../api/trade";
import type { Sale } from "../../api/types";
import { useIsManager } from "../../app/user";
import { CURRENCY } from "../../format/shop";
import { Confirm } from "../../ui/Dialog";
import { InTheBooks } from "../../ui/InTheBooks";
import { PdfButton } from "../../ui/PdfButton";
import { Problem } from "../../ui/Problem";

/** What can become of a sale: its invoice is printed, it is paid, it comes back. */
export function SaleActions({ sale }: { sale: Sale }) {
  const isManager = useIsManager();
  const [asked, setAsked] = useState<"pay" | "return" | null>(null);
  const done = (text: string) => () => {
    setAsked(null);
    announce(text);
  };
  const paying = useChange(paySale, SALE_TOUCHES, done("The payment was noted."));
  const returning = useChange(takeBack, SALE_TOUCHES, done("The sale was taken back."));
  const isOpen = sale.status === "completed" && sale.invoice !== null && sale.invoice.paid_at === null;
  const { invoice } = sale;
  return (
    <div className="flex flex-wrap gap-2">
      {isOpen ? <Button onClick={() => setAsked("pay")}>Note the payment</Button> : null}
      {invoice ? (
        <PdfButton name={`invoice-${invoice.number}.pdf`} ask={() => invoicePdf(sale.id)}>
          Invoice PDF
        </PdfButton>
      ) : null}
      <InTheBooks transaction={sale.transaction_id} />
      {isManager && sale.status === "completed" ? (
        <Button look="danger" onClick={() => setAsked("return")}>
          Take back
        </Button>
      ) : null}
      {asked === "pay" ? (
        <Confirm
          title="Note the payment?"
          action="It is paid"
          pending={paying.isPending}
          problem={<Problem error={paying.error} />}
          onConfirm={() => paying.mutate(sale.id)}
          onClose={() => setAsked(null)}
        >
          {money(sale.gross, CURRENCY)} for invoice {invoice?.number} have come into the bank.
        </Confirm>
      ) : null}
      {asked === "return" ? (
        <Confirm
          title={`Take ${sale.number} back?`}
          action="Take it back"
          look="danger"
          pending={returning.isPending}
          problem={<Problem error={returning.error} />}
          onConfirm={() => returning.mutate(sale.id)}
          onClose={() => setAsked(null)}
        >
          All goods of this sale return to {sale.warehouse.name}, and {money(sale.gross, CURRENCY)} go back to the customer. The books mirror the sale.
        </Confirm>
      ) : null}
    </div>
  );
}

import { money } from "@stackyard/web-kit/format";
import { Button, Card, Skeleton } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import type { SubmitEvent, ReactNode } from "react";
import { useSearchParams } from "react-router-dom";

import { lookupQuery } from "../../api/stock";
import type { Lookup } from "../../api/types";
import { CURRENCY, fullName, quantityText } from "../../format/shop";
import { Finder } from "../../ui/Finder";
import { Picture } from "../../ui/Picture";
import { Problem } from "../../ui/Problem";

/** The goods that the address names (`?code=`), or the way to find some; then the form for them. */
export function ForGoods({ children }: { children: (found: Lookup) => ReactNode }) {
  const [params, setParams] = useSearchParams();
  const code = params.get("code") ?? "";
  const { data, error } = useQuery({ ...lookupQuery(code), enabled: code !== "" });
  if (code === "" || error) {
    return (
      <div className="max-w-2xl space-y-4">
        <Problem error={error} />
        <Finder label="Find the goods" onPick={({ variant }) => setParams({ code: variant.sku }, { replace: true })} />
      </div>
    );
  }
  if (!data) return <Skeleton rows={2} />;
  return (
    <div className="max-w-2xl space-y-5">
      <Goods found={data} onOther={() => setParams({}, { replace: true })} />
      {children(data)}
    </div>
  );
}

function Goods({ found: { item, variant }, onOther }: { found: Lookup; onOther: () => void }) {
  return (
    <Card className="flex flex-wrap items-center gap-4 p-4">
      <Picture source={item.thumbnail} alt="" className="size-14" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{fullName(item.name, variant)}</p>
        <p className="text-xs text-muted">
          <span className="font-mono">{variant.sku}</span> · {money(variant.price, CURRENCY)} · {quantityText(variant.stock, item.unit)} in all
        </p>
      </div>
      <Button look="quiet" onClick={onOther}>
        Others
      </Button>
    </Card>
  );
}

interface SheetProps {
  action: string;
  ready: boolean;
  pending: boolean;
  error: unknown;
  onSubmit: () => void;
  children: ReactNode;
}

/** The fields of a change of stock, and the button that makes it. */
export function Sheet({ action, ready, pending, error, onSubmit, children }: SheetProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (ready) onSubmit();
  };
  return (
    <Card className="p-4 md:p-6">
      <form onSubmit={submit} className="space-y-4">
        {children}
        <Problem error={error} />
        <Button type="submit" disabled={!ready || pending}>
          {pending ? "One moment…" : action}
        </Button>
      </form>
    </Card>
  );
}

/** What lies of a variant in a warehouse. */
export const lyingIn = ({ variant }: Lookup, warehouse: string): string =>
  variant.stock_by_warehouse.find(({ warehouse_id }) => warehouse_id === warehouse)?.quantity ?? "0";

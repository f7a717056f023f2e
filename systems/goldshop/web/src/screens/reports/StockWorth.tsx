import { Shares } from "@stackyard/web-kit/charts";
import { money } from "@stackyard/web-kit/format";
import { Button, Card, Loaded, SectionTitle, Skeleton } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { stockValueQuery } from "../../api/figures";
import type { StockValue } from "../../api/types";
import { CURRENCY } from "../../format/shop";
import { Ranked } from "../../ui/Ranked";

const FEW = 8;

/** What lies in the shop at its average cost, and whether the books say the same. */
export function StockWorth() {
  const query = useQuery(stockValueQuery);
  return (
    <section>
      <SectionTitle>Stock at cost</SectionTitle>
      <Loaded query={query} skeleton={<Skeleton rows={2} className="h-40" />}>
        {(value) => (
          <div className="grid grid-cols-1 items-start gap-3 lg:grid-cols-2 lg:gap-8">
            <ByWarehouse value={value} />
            <ByCategory rows={value.by_category} />
          </div>
        )}
      </Loaded>
    </section>
  );
}

function ByWarehouse({ value }: { value: StockValue }) {
  const { total, ledger, by_warehouse } = value;
  return (
    <Card className="p-5">
      <p className="font-title text-3xl font-semibold tracking-tight tabular-nums">{money(total, CURRENCY)}</p>
      <p className="mt-1 mb-5 text-sm text-muted">
        {ledger === total ? "The books say the same." : <span className="text-bad">The books say {money(ledger, CURRENCY)}: count the stock.</span>}
      </p>
      <Shares
        label="Stock by warehouse"
        parts={by_warehouse.map((row) => ({ key: row.id, name: row.name, value: Number(row.value), text: money(row.value, CURRENCY) }))}
      />
    </Card>
  );
}

function ByCategory({ rows }: { rows: StockValue["by_category"] }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? rows : rows.slice(0, FEW);
  return (
    <Card className="overflow-hidden py-1">
      <Ranked
        label="Stock by category"
        rows={shown.map(({ id, name, value }) => ({ id, name, to: `/items?category=${id}`, value: Number(value), figure: money(value, CURRENCY) }))}
      />
      {rows.length > FEW ? (
        <div className="border-t border-line px-5 py-2">
          <Button look="light" className="-ml-4 border-transparent" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
            {isWhole ? "Show fewer" : `All ${rows.length} categories`}
          </Button>
        </div>
      ) : null}
    </Card>
  );
}

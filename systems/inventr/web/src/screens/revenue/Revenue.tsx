import { money } from "@stackyard/web-kit/format";
import { Card, Loaded, Page, SectionTitle, Skeleton } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";

import { revenueQuery } from "../../api/queries";
import type { Revenue as Figures } from "../../api/types";
import { DayChart } from "./DayChart";
import { TopProducts } from "./TopProducts";

const DAYS = 30;

export default function Revenue() {
  const query = useQuery(revenueQuery(DAYS));
  return (
    <Page title="Revenue">
      <Loaded query={query} skeleton={<Skeleton rows={3} className="h-36" />}>
        {(figures) => (
          <div className="space-y-7">
            <KeyFigures figures={figures} />
            <section>
              <SectionTitle>Last {DAYS} days</SectionTitle>
              <DayChart days={figures.days} currency={figures.currency} />
            </section>
            <section>
              <SectionTitle>Top products</SectionTitle>
              <TopProducts products={figures.top_products} currency={figures.currency} />
            </section>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function KeyFigures({ figures }: { figures: Figures }) {
  const { currency } = figures;
  const others = [
    { label: `${DAYS} days`, value: money(figures.total, currency) },
    { label: "Orders", value: String(figures.orders) },
    { label: "Average order", value: money(figures.average_order, currency) },
  ];
  return (
    <Card>
      <dl className="grid grid-cols-[auto_auto_auto] gap-x-4 gap-y-5 p-4 md:grid-cols-[1.4fr_1fr_1fr_1fr] md:items-end md:p-5">
        <div className="col-span-3 md:col-span-1">
          <dt className="text-sm text-muted">Today</dt>
          <dd className="text-4xl font-semibold tracking-tight tabular-nums">{money(figures.today, currency)}</dd>
        </div>
        {others.map(({ label, value }) => (
          <div key={label}>
            <dt className="text-xs text-muted">{label}</dt>
            <dd className="text-lg font-semibold tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

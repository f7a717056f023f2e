import { dateText } from "@stackyard/web-kit/format";
import { Loaded, Page, Skeleton } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";

import { dashboardQuery } from "../../api/figures";
import type { Dashboard } from "../../api/types";
import { today } from "../../format/days";
import { InstallCard } from "../../ui/Install";
import { LatestSales, LowStock, OpenInvoices } from "./Lists";
import { QuickActions } from "./QuickActions";
import { Takings } from "./Takings";

/** The shop at a glance. */
export default function Home() {
  const query = useQuery(dashboardQuery);
  return (
    <Page title="The shop today" aside={<p className="text-sm text-muted">{dateText(today())}</p>}>
      <QuickActions />
      <Loaded query={query} skeleton={<Skeleton rows={3} className="h-44" />}>
        {(dashboard) => <Glance dashboard={dashboard} />}
      </Loaded>
    </Page>
  );
}

function Glance({ dashboard }: { dashboard: Dashboard }) {
  return (
    <div className="space-y-7">
      <Takings dashboard={dashboard} />
      <InstallCard />
      <div className="grid grid-cols-1 items-start gap-7 lg:grid-cols-[minmax(0,1.35fr)_minmax(0,1fr)]">
        <LatestSales sales={dashboard.latest_sales} />
        <div className="space-y-7">
          <LowStock items={dashboard.low_stock} count={dashboard.low_stock_count} />
          <OpenInvoices open={dashboard.open_invoices} />
        </div>
      </div>
    </div>
  );
}

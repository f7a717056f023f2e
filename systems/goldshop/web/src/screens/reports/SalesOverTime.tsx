import { TimeChart } from "@stackyard/web-kit/charts";
import { cents, money, moneyShort } from "@stackyard/web-kit/format";
import { Card, Loaded, SectionTitle, Skeleton } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";

import { salesReportQuery } from "../../api/figures";
import type { SalesReport } from "../../api/types";
import { CURRENCY, rateText } from "../../format/shop";
import { ChangePill } from "../../ui/ChangePill";
import type { Period } from "./period";
import { pointsOf } from "./points";

/** What was sold, beside what was sold before. */
export function SalesOverTime({ period }: { period: Period }) {
  const { days, by, before } = period;
  const query = useQuery(salesReportQuery(days, by));
  const earlier = useQuery(salesReportQuery(before, by)).data;
  return (
    <section>
      <SectionTitle>Sales by {by}</SectionTitle>
      <Loaded query={query} skeleton={<Skeleton rows={1} className="h-96" />}>
        {(report) => <Chart report={report} before={earlier} period={period} isOld={query.isPlaceholderData} />}
      </Loaded>
    </section>
  );
}

interface ChartProps {
  report: SalesReport;
  before: SalesReport | undefined;
  period: Period;
  /** Whether it is still that of the period chosen before. */
  isOld: boolean;
}

function Chart({ report, before, period, isOld }: ChartProps) {
  const points = pointsOf(report, before);
  const isCompared = points.some((point) => point.before);
  const words = {
    title: `Net sales by ${report.by}`,
    unit: { day: "Day", week: "Week", month: "Month" }[report.by],
    value: "Net sales",
    note: "Profit",
    ...(isCompared ? { before: period.beforeName } : {}),
  };
  return (
    <Card className={`p-4 transition-opacity md:p-6 ${isOld ? "opacity-60" : ""}`}>
      <Totals report={report} before={isCompared ? before : undefined} beforeName={period.beforeName} />
      <TimeChart points={points} words={words} kind={report.by === "day" ? "area" : "bars"} scale={(value) => moneyShort(value, CURRENCY)} />
    </Card>
  );
}

function Totals({ report, before, beforeName }: { report: SalesReport; before: SalesReport | undefined; beforeName: string }) {
  const net = cents(report.net);
  const then = before ? cents(before.net) : 0;
  const share = net > 0 ? rateText((cents(report.profit) / net).toFixed(3)) : null;
  return (
    <dl className="mb-5 flex flex-wrap gap-x-12 gap-y-4 border-b border-line pb-5">
      <div>
        <dt className="text-xs text-muted">Net sales</dt>
        <dd className="font-title text-3xl font-semibold tracking-tight tabular-nums">{money(report.net, CURRENCY)}</dd>
        {before ? (
          <dd className="mt-1">
            <ChangePill change={then > 0 ? String((net - then) / then) : null} from={beforeName.replace("The", "the").replace("A year", "a year")} />
          </dd>
        ) : null}
      </div>
      <Total name="Profit" value={money(report.profit, CURRENCY)} note={share ? `${share} of net sales` : ""} />
      <Total name="Cost of goods" value={money(report.cost, CURRENCY)} note="" />
      <Total name="VAT" value={money(report.tax, CURRENCY)} note="" />
    </dl>
  );
}

function Total({ name, value, note }: { name: string; value: string; note: string }) {
  return (
    <div>
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="text-lg font-semibold tabular-nums">{value}</dd>
      {note ? <dd className="text-xs text-muted tabular-nums">{note}</dd> : null}
    </div>
  );
}

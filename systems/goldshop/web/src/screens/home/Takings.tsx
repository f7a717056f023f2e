import { Sparkline } from "@stackyard/web-kit/charts";
import { count, money } from "@stackyard/web-kit/format";
import { Card } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

import type { Dashboard, PeriodFigures } from "../../api/types";
import { CURRENCY } from "../../format/shop";
import { ChangePill } from "../../ui/ChangePill";

/** What came in today, and in the last 7 and 30 days beside those before. */
export function Takings({ dashboard: { today, week, month, days, stock_value } }: { dashboard: Dashboard }) {
  const nets = days.map(({ net }) => Number(net));
  return (
    <section aria-label="Takings" className="grid grid-cols-1 gap-3 md:grid-cols-4 md:gap-4">
      <Card className="overflow-hidden md:col-span-2 md:row-span-2">
        <div className="p-5 pb-2">
          <h2 className="text-sm text-muted">Takings today</h2>
          <p className="mt-1 font-title text-4xl font-semibold tracking-tight tabular-nums md:text-5xl">{money(today.gross, CURRENCY)}</p>
          <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
            <ChangePill change={today.change} from="yesterday" />
            <span>
              {count(today.sales, "sale")} · {money(today.net, CURRENCY)} before VAT
            </span>
          </p>
        </div>
        <Sparkline values={nets} className="mt-2 h-20 w-full md:h-24" />
        <p className="flex justify-between px-5 py-3 text-xs text-muted">
          <span>Net sales, the last {days.length} days</span>
          <Link to="/reports" className="font-medium text-accent hover:underline">
            Reports
          </Link>
        </p>
      </Card>
      <Period title="Last 7 days" figures={week} values={nets.slice(-7)} />
      <Period title="Last 30 days" figures={month} values={nets} />
      <Card className="flex items-center justify-between gap-4 px-5 py-4 md:col-span-2">
        <p className="text-sm text-muted">Stock at cost</p>
        <p className="text-lg font-semibold tabular-nums">{money(stock_value, CURRENCY)}</p>
      </Card>
    </section>
  );
}

function Period({ title, figures, values }: { title: string; figures: PeriodFigures; values: number[] }) {
  return (
    <Card className="flex flex-col justify-between overflow-hidden">
      <div className="p-5 pb-3">
        <h2 className="text-sm text-muted">{title}</h2>
        <p className="mt-1 text-xl font-semibold tabular-nums">{money(figures.net, CURRENCY)}</p>
        <p className="mt-1.5 text-xs text-muted">
          <ChangePill change={figures.change} from={`the ${figures.days} days before`} />
        </p>
        <p className="mt-1.5 text-xs text-muted tabular-nums">
          {count(figures.sales, "sale")} · profit {money(figures.profit, CURRENCY)}
        </p>
      </div>
      <Sparkline values={values} className="h-10 w-full" />
    </Card>
  );
}

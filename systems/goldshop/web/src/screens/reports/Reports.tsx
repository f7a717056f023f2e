import { Page } from "@stackyard/web-kit/ui";
import { useSearchParams } from "react-router-dom";

import { today } from "../../format/days";
import { About } from "./About";
import { PeriodChoice } from "./PeriodChoice";
import { periodOf } from "./period";
import { SalesOverTime } from "./SalesOverTime";
import { StockWorth } from "./StockWorth";
import { TopSellers } from "./TopSellers";

export default function Reports() {
  const [params, setParams] = useSearchParams();
  const period = periodOf(params, today());
  const put = (values: Record<string, string>) =>
    setParams(
      (before) => {
        for (const [name, value] of Object.entries(values)) {
          if (value) before.set(name, value);
          else before.delete(name);
        }
        return before;
      },
      { replace: true },
    );
  return (
    <Page title="Reports">
      <PeriodChoice period={period} put={put} />
      <div className="mt-5 space-y-8">
        <SalesOverTime period={period} />
        <div className="grid grid-cols-1 items-start gap-8 lg:grid-cols-2">
          <TopSellers period={period} by="item" title="Best sellers" />
          <TopSellers period={period} by="category" title="Best categories" />
        </div>
        <StockWorth />
      </div>
      <About />
    </Page>
  );
}

import { dateText } from "@stackyard/web-kit/format";
import { Loaded, TextField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";

import { type Days, profitAndLossQuery } from "../../api/figures";
import { sumOf } from "../../format/books";
import { plusDays, plusMonths, today } from "../../format/days";
import { Segments } from "../../ui/inputs";
import { Books } from "./Books";
import { Caption, PrintButton, Statement } from "./Statement";
import { useDates } from "./useDates";

const COST_OF_GOODS = "5000";

const SPANS = [
  { value: "month", label: "This month" },
  { value: "last", label: "Last month" },
  { value: "year", label: "This year" },
  { value: "own", label: "Own" },
] as const;

type Span = (typeof SPANS)[number]["value"];

function spans(now: string): Record<Exclude<Span, "own">, Days> {
  const month = `${now.slice(0, 7)}-01`;
  return {
    month: { from: month, to: now },
    last: { from: plusMonths(month, -1), to: plusDays(month, -1) },
    year: { from: `${now.slice(0, 4)}-01-01`, to: now },
  };
}

/** What was earned and what it cost. */
export default function ProfitAndLoss() {
  const known = spans(today());
  const { dates, put } = useDates(known.year);
  const query = useQuery(profitAndLossQuery(dates));
  const span = SPANS.find(({ value }) => value !== "own" && known[value].from === dates.from && known[value].to === dates.to)?.value ?? "own";
  return (
    <Books title="Profit and loss" aside={<PrintButton />}>
      <div className="mb-4 grid grid-cols-2 gap-3 md:grid-cols-[minmax(0,26rem)_11rem_11rem] md:items-end print:hidden">
        <div className="col-span-2 md:col-span-1">
          <Segments label="Period" value={span} options={SPANS} onChoose={(value) => value !== "own" && put(known[value])} />
        </div>
        <TextField label="From" type="date" value={dates.from} max={dates.to} onChange={(event) => put({ from: event.target.value })} />
        <TextField label="To" type="date" value={dates.to} min={dates.from} onChange={(event) => put({ to: event.target.value })} />
      </div>
      <Loaded query={query}>
        {({ from, to, income, expenses, total_income, gross_profit, profit }) => {
          const goods = expenses.filter(({ code }) => code === COST_OF_GOODS);
          const others = expenses.filter(({ code }) => code !== COST_OF_GOODS);
          return (
            <>
              <Caption>{`From ${dateText(from)} to the end of ${dateText(to)}.`}</Caption>
              <Statement
                caption="Profit and loss"
                parts={[
                  { title: "Income", rows: income, total: { name: "Total income", amount: total_income } },
                  { title: "Cost of what was sold", rows: goods, total: { name: "Gross profit", amount: gross_profit } },
                  { title: "Expenses", rows: others, total: { name: "Total expenses", amount: sumOf(others.map(({ amount }) => amount)) } },
                  { title: "", rows: [], total: { name: profit.startsWith("-") ? "Loss" : "Profit", amount: profit }, isResult: true },
                ]}
              />
            </>
          );
        }}
      </Loaded>
    </Books>
  );
}

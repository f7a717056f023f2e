import { type Point, TimeChart } from "@stackyard/web-kit/charts";
import { count, dayText, money, moneyShort } from "@stackyard/web-kit/format";
import { Card } from "@stackyard/web-kit/ui";

import type { RevenueDay } from "../../api/types";

const WORDS = { title: "Revenue per day", unit: "Day", value: "Amount", note: "Orders" };

/** Revenue per day, oldest first. */
export function DayChart({ days, currency }: { days: RevenueDay[]; currency: string }) {
  const points = days.map(
    ({ date, revenue, orders }): Point => ({
      key: date,
      label: dayText(date),
      tick: dayText(date),
      value: Number(revenue),
      text: money(revenue, currency),
      note: count(orders, "order"),
    }),
  );
  return (
    <Card className="p-4 md:p-5">
      <TimeChart points={points} words={WORDS} scale={(value) => moneyShort(value, currency)} />
    </Card>
  );
}

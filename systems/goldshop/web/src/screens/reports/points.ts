import type { Point } from "@stackyard/web-kit/charts";
import { dateText, dayText, money, monthText } from "@stackyard/web-kit/format";

import type { By } from "../../api/figures";
import type { SalesReport } from "../../api/types";
import { CURRENCY } from "../../format/shop";

const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short", timeZone: "UTC" });

const nameOf = (start: string, by: By): string => {
  if (by === "month") return monthText(start);
  return by === "week" ? `week of ${dateText(start)}` : `${weekday.format(new Date(`${start}T00:00:00Z`))}, ${dateText(start)}`;
};

const tickOf = (start: string, by: By): string => (by === "month" ? (monthText(start).split(" ")[0] ?? "") : dayText(start));

/** Whether the shop sold on most of the time that a report covers, so that it can be compared with. */
const isWhole = ({ rows }: SalesReport): boolean => rows.filter(({ net }) => net !== "0.00").length * 2 > rows.length;

/** What a report's rows are in a chart, each beside the one in the same place of the report before, if that is whole. */
export function pointsOf(report: SalesReport, before: SalesReport | undefined): Point[] {
  const { by, rows } = report;
  const isCompared = before !== undefined && before.by === by && isWhole(before);
  return rows.map((row, place) => {
    const then = isCompared ? before.rows[place] : undefined;
    return {
      key: row.start,
      label: nameOf(row.start, by),
      tick: tickOf(row.start, by),
      value: Number(row.net),
      text: money(row.net, CURRENCY),
      note: `profit ${money(row.profit, CURRENCY)}`,
      before: then && { label: nameOf(then.start, by), value: Number(then.net), text: money(then.net, CURRENCY) },
    };
  });
}

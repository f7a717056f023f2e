import { dayText, money } from "@stackyard/web-kit/format";
import type { RevenueDay } from "../../api/types";

/** The chart's figures in words, newest first, folded away until asked for. */
export function DayTable({ days, currency }: { days: RevenueDay[]; currency: string }) {
  return (
    <details className="mt-3 text-sm">
      <summary className="inline-block min-h-9 cursor-pointer py-1.5 text-muted hover:text-ink">Show as a table</summary>
      <table className="mt-2 w-full max-w-md text-left tabular-nums">
        <thead className="text-xs text-muted">
          <tr className="border-b border-line">
            <th className="py-1.5 font-medium">Day</th>
            <th className="py-1.5 text-right font-medium">Orders</th>
            <th className="py-1.5 text-right font-medium">Amount</th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((day) => (
            <tr key={day.date} className="border-b border-line last:border-0">
              <td className="py-1.5">{dayText(day.date)}</td>
              <td className="py-1.5 text-right">{day.orders}</td>
              <td className="py-1.5 text-right">{money(day.revenue, currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

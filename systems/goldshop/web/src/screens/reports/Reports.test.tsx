import { screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import type { SalesReport } from "../../api/types";
import { json, open, serve } from "../../testing/shop";
import { pointsOf } from "./points";
import Reports from "./Reports";

const row = (start: string, net: string) => ({ start, quantity: "3", net, tax: "21.00", cost: "40.00", profit: "60.00" });
const report = (by: SalesReport["by"], rows: ReturnType<typeof row>[], net: string): SalesReport => ({
  from: "2026-11-01",
  to: "2026-11-02",
  by,
  currency: "EUR",
  rows,
  net,
  tax: "21.00",
  cost: "40.00",
  profit: "60.00",
});

function shop() {
  return serve(({ path }) => {
    const { pathname, searchParams } = new URL(path, location.origin);
    if (pathname === "/api/reports/about") return json({ version: "1.0.0", movements: "partitions", currency: "EUR" });
    if (pathname === "/api/reports/stock-value") return json({ currency: "EUR", total: "10.00", ledger: "11.00", by_category: [], by_warehouse: [] });
    if (pathname === "/api/reports/top") return json({ from: "", to: "", by: "item", currency: "EUR", rows: [] });
    return json(report(searchParams.get("by") as "day", [row("2026-11-02", "150.00")], "150.00"));
  });
}

test("choosing a period asks for it, for the one before it, and writes it into the address", async () => {
  const seen = shop();
  open(<Reports />, "/reports");
  await screen.findByRole("slider", { name: /Net sales by day/u });
  await userEvent.click(screen.getByRole("radio", { name: "12 months" }));
  await screen.findByRole("slider", { name: /Net sales by month/u });
  const asked = seen.filter(({ path }) => path.includes("/sales?") && path.includes("by=month"));
  expect(asked.length).toBe(2);
});

test("stock that the books do not agree with is said", async () => {
  shop();
  open(<Reports />, "/reports");
  expect(await screen.findByText(/The books say .*count the stock/u)).toBeTruthy();
  expect(await screen.findByText(/one partition for each month/u)).toBeTruthy();
});

test("a day stands beside the one in its place of the period before, and beside none when the shop had hardly begun", () => {
  const now = report("day", [row("2026-11-01", "100.00"), row("2026-11-02", "50.00")], "150.00");
  const then = report("day", [row("2026-10-30", "80.00"), row("2026-10-31", "20.00")], "100.00");
  expect(pointsOf(now, then).map(({ value, before }) => [value, before?.value])).toEqual([[100, 80], [50, 20]]);
  const justBegun = report("day", [row("2026-10-30", "0.00"), row("2026-10-31", "20.00")], "20.00");
  expect(pointsOf(now, justBegun).every(({ before }) => before === undefined)).toBe(true);
  expect(within(document.body).queryByRole("slider")).toBeNull();
});

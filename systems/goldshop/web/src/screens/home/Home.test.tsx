import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { Dashboard, PeriodFigures } from "../../api/types";
import { json, open, problem, serve } from "../../testing/shop";
import Home from "./Home";

const figures = (days: number, change: string | null): PeriodFigures => ({
  days,
  sales: 44,
  net: "1000.00",
  gross: "1210.00",
  profit: "400.00",
  net_before: "800.00",
  change,
});

const dashboard: Dashboard = {
  currency: "EUR",
  today: figures(1, "0.25"),
  week: figures(7, "-0.031"),
  month: figures(30, null),
  days: [{ date: "2026-11-20", net: "800.00", profit: "300.00" }, { date: "2026-11-21", net: "1000.00", profit: "400.00" }],
  stock_value: "50000.00",
  low_stock_count: 12,
  low_stock: [{ item_id: "i-1", sku: "R-1", name: "Signet ring", unit: "pc", stock: "0", reorder_level: "2", thumbnail: null }],
  open_invoices: {
    count: 1,
    gross: "320.00",
    items: [{ sale_id: "s-1", number: "2026-000007", customer: "Zofia", gross: "320.00", due_at: "2026-11-01T00:00:00Z", overdue: true }],
  },
  latest_sales: [],
};

test("the day is told with what it is beside the one before, in words and not by colour alone", async () => {
  serve(() => json(dashboard));
  open(<Home />, "/");
  const takings = within(await screen.findByRole("region", { name: "Takings" }));
  expect(takings.getByText(/1\D?210[.,]00/u)).toBeTruthy();
  expect(takings.getByText(/\+25\s?%/u)).toBeTruthy();
  expect(takings.getByText(/−3\s?%/u)).toBeTruthy();
  expect(takings.getByText("Nothing the 30 days before to compare with")).toBeTruthy();
});

test("what needs somebody leads to where it is done", async () => {
  serve(() => json(dashboard));
  open(<Home />, "/");
  expect((await screen.findByRole("link", { name: "Signet ring" })).getAttribute("href")).toBe("/items/i-1");
  expect(screen.getByRole("link", { name: "All 12" }).getAttribute("href")).toBe("/items?stock=low");
  expect(screen.getByText("Overdue")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Sell" }).getAttribute("href")).toBe("/sell");
  expect(screen.getByText("Nothing has been sold yet.")).toBeTruthy();
});

test("selling stays at hand when the figures cannot be read", async () => {
  serve(() => problem(403, "Not allowed", { detail: "No figures for you." }));
  open(<Home />, "/");
  expect(await screen.findByText("No figures for you.")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Sell" })).toBeTruthy();
});

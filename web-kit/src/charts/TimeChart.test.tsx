import { render, screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import type { Point } from "./series";
import { named } from "./series";
import { TimeChart } from "./TimeChart";

const day = (date: number, value: number, before?: number): Point => ({
  key: String(date),
  label: `${date} November`,
  tick: `${date} Nov`,
  value,
  text: `€${value}.00`,
  note: "2 orders",
  before: before === undefined ? undefined : { label: `${date} October`, value: before, text: `€${before}.00` },
});

const words = { title: "Sales by day", unit: "Day", value: "Sales", note: "Orders", before: "The month before" };
const chart = (kind: "bars" | "area") =>
  render(<TimeChart kind={kind} points={[day(1, 40, 20), day(2, 10, 50), day(3, 30)]} words={words} scale={(value) => `€${value}`} />);

test("the arrow keys go from point to point, and each is said with that of the period before", async () => {
  chart("area");
  const slider = screen.getByRole("slider", { name: /Sales by day/u });
  expect(slider.getAttribute("aria-valuetext")).toBe("3 November: €30.00, 2 orders");
  await userEvent.tab();
  await userEvent.keyboard("{ArrowLeft}");
  expect(slider.getAttribute("aria-valuetext")).toBe("2 November: €10.00, 2 orders; The month before, 2 October: €50.00");
  await userEvent.keyboard("{Home}{ArrowLeft}");
  expect(slider.getAttribute("aria-valuenow")).toBe("1");
  expect(screen.getByText(/from €20\.00, 1 October/u).textContent).toMatch(/\+100\s?%/u);
});

test("a table says everything that the chart shows, newest first", () => {
  chart("bars");
  const [head, ...rows] = within(screen.getByRole("table", { hidden: true })).getAllByRole("row", { hidden: true });
  expect(head?.textContent).toBe("DayOrdersThe month beforeSales");
  expect(rows.map((row) => row.textContent)).toEqual([
    "3 November2 orders€30.00",
    "2 November2 orders€50.00€10.00",
    "1 November2 orders€20.00€40.00",
  ]);
});

test("the period before is told apart by its texture, not by its colour alone", () => {
  const { container } = chart("bars");
  expect(container.querySelectorAll('rect[fill^="url(#"]').length).toBe(2);
});

test("labels below the axis leave each other room, and the last point has one", () => {
  expect(named(30, { width: 330, left: 40 })).toEqual([5, 13, 21, 29]);
  expect(named(3, { width: 640, left: 40 })).toEqual([0, 1, 2]);
});

import { act, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { liveStock } from "../live/stock";
import { mug } from "../testing/server";
import { Stock } from "./Stock";

test("APP-10: a stock number follows the server's announcements and shows by how much it changed", () => {
  render(<Stock product={mug} />);
  expect(screen.getByTestId("stock-MUG-01").textContent).toBe("24");
  expect(screen.queryByText("Low")).toBeNull();

  act(() => void liveStock.apply(mug.id, { stock: 9, updated_at: "2026-11-21T10:00:05.000000Z" }));
  expect(screen.getByTestId("stock-MUG-01").textContent).toBe("9");
  expect(screen.getByText("−15")).toBeTruthy();
  expect(screen.getByText("Low")).toBeTruthy();

  act(() => void liveStock.apply(mug.id, { stock: 0, updated_at: "2026-11-21T10:00:06.000000Z" }));
  expect(screen.getByText("Out of stock")).toBeTruthy();
});

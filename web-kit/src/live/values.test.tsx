import { act, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { LiveValues, useLiveValue } from "./values";

test("what is announced later than what was fetched is shown, and older news never replaces newer", () => {
  const stock = new LiveValues<string>();
  const Shown = () => <p>{useLiveValue(stock, "ring", "3", "2026-11-21T10:00:00.000000Z")}</p>;
  render(<Shown />);
  expect(screen.getByText("3")).toBeTruthy();
  act(() => void stock.announce("ring", "2", "2026-11-21T10:00:01.000200Z"));
  expect(screen.getByText("2")).toBeTruthy();
  act(() => void stock.announce("ring", "9", "2026-11-21T10:00:01.000100Z"));
  expect(screen.getByText("2")).toBeTruthy();
  expect([stock.isShown("ring"), stock.isShown("watch")]).toEqual([true, false]);
});

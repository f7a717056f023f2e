import { describe, expect, test, vi } from "vitest";

import { mug } from "../testing/server";
import { stockSentence } from "./announcer";
import { LiveStock } from "./stock";

describe("live stock", () => {
  test("an announcement that is newer than the fetched product wins", () => {
    const live = new LiveStock();
    live.apply(mug.id, { stock: 23, updated_at: "2026-11-21T10:00:01.000000Z" });
    expect(live.current(mug)).toBe(23);
  });

  test("a product fetched after the announcement wins over it", () => {
    const live = new LiveStock();
    live.apply(mug.id, { stock: 23, updated_at: "2026-11-21T09:59:59.000000Z" });
    expect(live.current(mug)).toBe(24);
  });

  test("announcements that arrive out of order leave the newest, down to the microsecond", () => {
    const live = new LiveStock();
    expect(live.apply(mug.id, { stock: 21, updated_at: "2026-11-21T10:00:01.000200Z" })).toBe(true);
    expect(live.apply(mug.id, { stock: 22, updated_at: "2026-11-21T10:00:01.000100Z" })).toBe(false);
    expect(live.current(mug)).toBe(21);
  });

  test("only the product that changed is told, and only while it is shown", () => {
    const live = new LiveStock();
    const told = vi.fn();
    const leave = live.subscribe(mug.id, told);
    live.apply("another", { stock: 1, updated_at: "2026-11-21T10:00:01Z" });
    expect(told).not.toHaveBeenCalled();
    live.apply(mug.id, { stock: 1, updated_at: "2026-11-21T10:00:01Z" });
    expect(told).toHaveBeenCalledOnce();
    expect(live.isShown(mug.id)).toBe(true);
    leave();
    expect(live.isShown(mug.id)).toBe(false);
  });
});

test("a screen reader hears names for a few changes and a number for many", () => {
  expect(stockSentence(new Map([["MUG-01", 4], ["PEN-07", 0]]))).toBe("MUG-01: 4 in stock. PEN-07: 0 in stock.");
  expect(stockSentence(new Map([["A", 1], ["B", 2], ["C", 3], ["D", 4]]))).toBe("Stock of 4 products has changed.");
});

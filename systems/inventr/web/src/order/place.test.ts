import { ApiError } from "@stackyard/web-kit/api";
import { beforeEach, describe, expect, test } from "vitest";

import { json, mug, problem, serve, towel } from "../testing/server";
import { add, setQuantity } from "./basket";
import { basketStore, change, clearBasket } from "./basketStore";
import { lineProblems, placeBasket } from "./place";

const order = { id: "o1", number: 1041, status: "placed", lines: [] };
const outOfStock = () => problem(409, "Out of stock", { errors: [{ pointer: "/lines/1/quantity", detail: "Only 1 left." }] });

beforeEach(() => {
  clearBasket();
  change(add, mug);
  change(add, towel);
});

describe("placing an order", () => {
  test("sends the lines with a key and empties the basket", async () => {
    const seen = serve(() => json(order, 201));
    expect((await placeBasket()).number).toBe(1041);
    expect(seen[0]?.body).toEqual({ lines: [{ product_id: "p-mug", quantity: 1 }, { product_id: "p-towel", quantity: 1 }] });
    expect(seen[0]?.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(basketStore.get().lines).toEqual([]);
  });

  test("two calls in one moment carry one key", async () => {
    const seen = serve(() => json(order, 201));
    await Promise.all([placeBasket(), placeBasket()]);
    expect(new Set(seen.map(({ key }) => key)).size).toBe(1);
  });

  test.each([
    ["silence", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["a server error", () => problem(502, "Bad gateway")],
    ["a limit", () => problem(429, "Slow down")],
    ["an unfinished twin", () => problem(409, "Still being placed")],
  ])("a retry after %s carries the same key and keeps the basket", async (_name, reply) => {
    const seen = serve(reply);
    await placeBasket().catch(() => undefined);
    await placeBasket().catch(() => undefined);
    expect(seen[0]?.key).toBe(seen[1]?.key);
    expect(basketStore.get().lines).toHaveLength(2);
  });

  test("after a refusal that names its reasons the next attempt has another key", async () => {
    const seen = serve(outOfStock);
    await placeBasket().catch(() => undefined);
    await placeBasket().catch(() => undefined);
    expect(seen[0]?.key).not.toBe(seen[1]?.key);
  });

  test("a changed basket is another order", async () => {
    const seen = serve(() => problem(503, "Restarting"));
    await placeBasket().catch(() => undefined);
    change(setQuantity, mug.id, 2);
    await placeBasket().catch(() => undefined);
    expect(seen[0]?.key).not.toBe(seen[1]?.key);
  });
});

describe("what the server says about single lines", () => {
  const says = (pointer: string, detail: string) => new ApiError({ title: "Out of stock", status: 409, errors: [{ pointer, detail }] });

  test.each([
    ["by place", "/lines/1/quantity", "Only 1 left."],
    ["by place in a fragment", "#/lines/1", "Only 1 left."],
    ["by SKU", "", "TWL-01: only 1 left."],
    ["by id", "/products/p-towel", "Only 1 left."],
  ])("a line pointed to %s gets its message", (_name, pointer, detail) => {
    expect([...lineProblems(says(pointer, detail), basketStore.get().lines)]).toEqual([["p-towel", detail]]);
  });

  test("other errors belong to no line", () => {
    expect(lineProblems(new Error("other"), basketStore.get().lines).size).toBe(0);
  });
});

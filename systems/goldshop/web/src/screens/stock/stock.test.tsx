import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import { json, manager, open, ringInFull, serve } from "../../testing/shop";
import Adjust from "./Adjust";
import { difference } from "./difference";
import Movements from "./Movements";

const [variant] = ringInFull.variants;
const shop = { id: "w-shop", code: "SHOP", name: "Shop", active: true };

test("what was counted is compared with what is known, exactly", () => {
  expect(difference("5", "3", 0)).toBe("2");
  expect(difference("0", "3", 0)).toBe("-3");
  expect(difference("12,25", "12.5", 2)).toBe("-0.25");
  expect(difference("1.5", "3", 0)).toBeNull();
  expect(difference("", "3", 0)).toBeNull();
});

test("a count is told as the difference, with the note", async () => {
  const seen = serve(({ path, method }) => {
    if (path === "/api/warehouses") return json({ items: [shop] });
    if (path === "/api/units") return json([{ code: "pc", name: "piece", decimals: 0 }]);
    if (method === "POST") return json({ movements: [], levels: [] }, 201);
    return json({ matched: "sku", item: { ...ringInFull, thumbnail: null }, variant });
  });
  open(<Adjust />, "/stock/adjust", "/stock/adjust?code=RNG-0001-54", manager);
  await userEvent.type(await screen.findByLabelText("Counted"), "1");
  expect(screen.getByText(/The difference is -1/u)).toBeTruthy();
  await userEvent.type(screen.getByLabelText("Note"), "yearly count");
  await userEvent.click(screen.getByRole("button", { name: "Record the count" }));
  const told = seen.find(({ method }) => method === "POST");
  expect(told?.body).toEqual({ variant_id: "v-54", reason: "adjusted", quantity: "-1", warehouse_id: "w-shop", note: "yearly count" });
  expect(told?.key).toBeTruthy();
});

test("a movement says what, why, where and how much, and leads to its document", async () => {
  const movement = {
    id: "m-1",
    at: "2026-11-21T10:00:00Z",
    variant_id: "v-54",
    sku: "RNG-0001-54",
    item_id: "i-ring",
    name: "Solitaire ring",
    warehouse_id: "w-shop",
    warehouse: "Shop",
    quantity: "-2",
    unit: "pc",
    unit_cost: "610.5000",
    reason: "sold",
    document_kind: "sale",
    document_id: "s-1",
    note: null,
    created_by: "Ines",
  };
  const seen = serve(({ path }) => json(path === "/api/warehouses" ? { items: [shop] } : { items: [movement], next_cursor: null }));
  open(<Movements />, "/stock", "/stock?reason=sold&warehouse=w-shop&from=2026-11-21");
  expect((await screen.findByRole("link", { name: "Solitaire ring" })).getAttribute("href")).toBe("/sales/s-1");
  expect(screen.getByText("−2")).toBeTruthy();
  const asked = new URL(seen.find(({ path }) => path.startsWith("/api/movements"))?.path ?? "", location.origin).searchParams;
  expect([asked.get("reason"), asked.get("warehouse"), asked.get("from")]).toEqual(["sold", "w-shop", new Date("2026-11-21T00:00").toISOString()]);
});

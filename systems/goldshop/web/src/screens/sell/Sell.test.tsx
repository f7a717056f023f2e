import { fireEvent, screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, expect, test } from "vitest";

import { emptyBasket } from "../../sell/basket";
import { basketStore } from "../../sell/basketStore";
import { json, manager, open, problem, ringInFull, serve } from "../../testing/shop";
import Sell from "./Sell";

const shop = { id: "w-shop", code: "SHOP", name: "Shop", active: true };
const [variant] = ringInFull.variants;
const sold = {
  id: "s-1",
  number: "S-1",
  status: "completed",
  customer: null,
  warehouse: shop,
  payment: "cash",
  sold_at: "2026-11-21T10:00:00Z",
  returned_at: null,
  net: "1066.12",
  tax: "223.88",
  gross: "1290.00",
  currency: "EUR",
  created_by: "Ines",
  transaction_id: null,
  invoice: { id: "n-1", number: "2026-000001", issued_at: "2026-11-21T10:00:00Z", due_at: "2026-11-21T10:00:00Z", paid_at: null },
  lines: [],
};

/** A shop that answers each sale with the next of `answers`. */
function till(...answers: (() => Response)[]) {
  return serve(({ path, method }) => {
    if (path === "/api/warehouses") return json({ items: [shop] });
    if (path === "/api/units") return json([{ code: "pc", name: "piece", decimals: 0 }]);
    if (path.startsWith("/api/lookup")) {
      const known = path.endsWith("=2000000000015");
      return known ? json({ matched: "barcode", item: { ...ringInFull, thumbnail: null }, variant }) : problem(404, "Not found");
    }
    if (path === "/api/sales" && method === "POST") return answers.shift()?.() ?? problem(500, "Too often");
    return json({ items: [], next_cursor: null });
  });
}

/** A scanner that acts as a keyboard. */
function scan(code: string) {
  for (const key of [...Array.from(code), "Enter"]) fireEvent.keyDown(document.body, { key });
}

afterEach(() => {
  basketStore.set(emptyBasket);
  sessionStorage.clear();
});

test("a scanned code lies in the basket, is sold with one key however often it is tried, and a receipt is shown", async () => {
  const seen = till(() => problem(503, "Away"), () => json(sold, 201));
  open(<Sell />, "/sell");
  await screen.findByText("A new sale");
  scan("2000000000015");
  const line = within(await screen.findByRole("list", { name: "Basket" }));
  expect(line.getByText("Solitaire ring, size 54, fineness 585")).toBeTruthy();
  await userEvent.click(screen.getByLabelText("Cash"));
  await userEvent.click(screen.getByRole("button", { name: "Complete sale" }));
  await screen.findByText("The server has a problem");
  await userEvent.click(screen.getByRole("button", { name: "Complete sale" }));
  expect((await screen.findByRole("heading", { name: /Sold for/u })).textContent).toMatch(/1\D?290[.,]00/u);
  const [first, second] = seen.filter(({ method }) => method === "POST");
  expect(first?.body).toEqual({
    warehouse_id: "w-shop",
    payment: "cash",
    customer_id: null,
    lines: [{ variant_id: "v-54", quantity: "1" }],
  });
  expect(first?.key).toBeTruthy();
  expect(second?.key).toBe(first?.key);
  expect(basketStore.get().lines).toEqual([]);
});

test("an unknown code is said, and more than there is cannot be sold", async () => {
  till();
  open(<Sell />, "/sell");
  await screen.findByText("A new sale");
  scan("9999999999999");
  expect(await screen.findByText("Nothing has this code")).toBeTruthy();
  for (const count of ["1", "2", "3"]) {
    scan("2000000000015");
    expect(await screen.findByDisplayValue(count)).toBeTruthy();
  }
  expect(screen.getByText("Only 2 here; 1 at Safe.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Complete sale" })).toHaveProperty("disabled", true);
});

test("a manager asks another price, a clerk cannot", async () => {
  till();
  const { unmount } = open(<Sell />, "/sell");
  await screen.findByText("A new sale");
  scan("2000000000015");
  await screen.findByRole("list", { name: "Basket" });
  expect(screen.queryByRole("button", { name: /Another price/u })).toBeNull();
  unmount();
  open(<Sell />, "/sell", "/sell", manager);
  await userEvent.click(await screen.findByRole("button", { name: /Another price/u }));
  const price = screen.getByLabelText("Price with VAT, EUR");
  await userEvent.clear(price);
  await userEvent.type(price, "1200");
  await userEvent.click(screen.getByRole("button", { name: "Use this price" }));
  expect(basketStore.get().lines[0]?.special).toBe("1200.00");
});

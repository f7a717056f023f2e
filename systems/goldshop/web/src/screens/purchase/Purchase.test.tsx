import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import { json, open, problem, ringInFull, serve } from "../../testing/shop";
import { linesOf, sumsOf, withOneMore } from "./lines";
import Purchase from "./Purchase";

const ordered = {
  id: "p-1",
  number: "P-1",
  status: "ordered",
  supplier: { id: "a", name: "Aurum Casting" },
  warehouse: { id: "w-shop", code: "SHOP", name: "Shop" },
  ordered_at: "2026-11-20T10:00:00Z",
  received_at: null,
  net: "1200.00",
  tax: "252.00",
  gross: "1452.00",
  currency: "EUR",
  created_by: "Marta",
  transaction_id: null,
  lines: [],
};

test("goods are received after a question, and their labels are offered at once", async () => {
  let purchase: object = ordered;
  const seen = serve(({ method }) => {
    if (method === "POST") purchase = { ...ordered, status: "received", received_at: "2026-11-21T10:00:00Z" };
    return json(purchase);
  });
  open(<Purchase />, "/purchases/:id", "/purchases/p-1");
  await userEvent.click(await screen.findByRole("button", { name: "Receive" }));
  expect(seen.every(({ method }) => method === "GET")).toBe(true);
  await userEvent.click(screen.getByRole("button", { name: "They are here" }));
  expect((await screen.findByRole("link", { name: "Print labels" })).getAttribute("href")).toBe("/labels?purchase=p-1");
  expect(screen.getByRole("status").textContent).toContain("The goods are in stock.");
  expect(seen.find(({ method }) => method === "POST")?.path).toBe("/api/purchases/p-1/receive");
});

test("a refusal is said in the question, which stays", async () => {
  serve(({ method }) => (method === "POST" ? problem(409, "Conflict", { detail: "This purchase has been cancelled." }) : json(ordered)));
  open(<Purchase />, "/purchases/:id", "/purchases/p-1");
  await userEvent.click(await screen.findByRole("button", { name: "Receive" }));
  await userEvent.click(screen.getByRole("button", { name: "They are here" }));
  expect(await screen.findByText("This purchase has been cancelled.")).toBeTruthy();
});

test("what is ordered comes to its net, its tax and their sum, and is only asked for when it is whole", () => {
  const [variant] = ringInFull.variants;
  if (!variant) throw new Error("no variant");
  const [line, ...none] = withOneMore(withOneMore([], { item: { ...ringInFull, thumbnail: null }, variant }), {
    item: { ...ringInFull, thumbnail: null },
    variant,
  });
  if (!line) throw new Error("no line");
  expect(none).toEqual([]);
  expect(sumsOf([line])).toEqual({ net: "1221.00", tax: "256.41", gross: "1477.41" });
  expect(linesOf([line], () => 0)).toEqual([{ variant_id: "v-54", quantity: "2", unit_cost: "610.50" }]);
  expect(linesOf([{ ...line, cost: "" }], () => 0)).toBeNull();
  expect(linesOf([], () => 0)).toBeNull();
});

import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import { json, manager, open, ringInFull, serve } from "../../testing/shop";
import Item from "./Item";
import NewItem from "./NewItem";
import { attributesOf } from "./values";

const rings = { id: "c-rings", name: "Rings", path: "jewellery.rings", depth: 2, items: 1 };

function catalogue() {
  return serve(({ path }) => {
    if (path === "/api/categories") return json({ items: [rings] });
    if (path === "/api/units") return json([{ code: "pc", name: "piece", decimals: 0 }]);
    return json(ringInFull, 201);
  });
}

test("attributes are lines of name and value", () => {
  expect(attributesOf("size: 54\n fineness :585 \nnonsense\n")).toEqual({ size: "54", fineness: "585" });
});

test("a new item is told with its first variant, whose SKU is the item's where none is typed", async () => {
  const seen = catalogue();
  open(<NewItem />, "/items/new", "/items/new", manager);
  await userEvent.type(screen.getByLabelText("Name"), "Signet ring");
  await userEvent.type(screen.getByLabelText("SKU"), "SIG-1");
  await screen.findByRole("option", { name: /Rings/u });
  await userEvent.selectOptions(screen.getByLabelText("Category"), "c-rings");
  await userEvent.type(screen.getByLabelText("Price with VAT, EUR"), "420,5");
  await userEvent.click(screen.getByRole("button", { name: "Add the item" }));
  const told = seen.find(({ method }) => method === "POST");
  expect(told?.body).toMatchObject({ sku: "SIG-1", name: "Signet ring", category_id: "c-rings", tax_rate: "0.21", stocked: true });
  expect(told?.body).toMatchObject({ variants: [{ sku: "SIG-1", price: "420.50", attributes: {} }] });
});

test("a variant is changed in what was edited", async () => {
  const seen = catalogue();
  open(<Item />, "/items/:id", "/items/i-ring", manager);
  await userEvent.click(await screen.findByRole("button", { name: /^Change size/u }));
  const price = screen.getByLabelText("Price with VAT, EUR");
  await userEvent.clear(price);
  await userEvent.type(price, "1300");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(seen.find(({ method }) => method === "PATCH")).toMatchObject({
    path: "/api/variants/v-54",
    body: { price: "1300.00", attributes: { size: "54", fineness: "585" }, active: true },
  });
});

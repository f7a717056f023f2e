import { expect, test } from "vitest";

import type { Lookup } from "../api/types";
import { ringInFull } from "../testing/shop";
import { add, emptyBasket, obstacle, saleOf, setPrice, setQuantity, step, totals } from "./basket";

const [variant] = ringInFull.variants;
const ring = { item: { ...ringInFull, thumbnail: null }, variant } as Pick<Lookup, "item" | "variant">;
const gold = {
  item: { ...ring.item, name: "Casting grain", unit: "g" },
  variant: { ...ring.variant, id: "v-grain", price: "78.45", attributes: {} },
};
const basket = add(add(emptyBasket, ring), gold);

test("the same goods again are one more of them", () => {
  const twice = add(basket, ring);
  expect(twice.lines.map(({ name, quantity }) => [name, quantity])).toEqual([
    ["Solitaire ring, size 54, fineness 585", "2"],
    ["Casting grain", "1"],
  ]);
  expect(step(twice, "v-54", -5).lines[0]?.quantity).toBe("1");
});

test("the total and the tax in it are what the invoice will say, also of gold by the gram", () => {
  expect(totals(setQuantity(basket, "v-grain", "2,5"))).toEqual({ gross: 148_613, tax: 22_388 + 3_404 });
});

test("what cannot be sold is said before the server has to", () => {
  const [line] = basket.lines;
  if (!line) throw new Error("no line");
  expect(obstacle(line, "w-shop", 0)).toBe("");
  expect(obstacle({ ...line, quantity: "3" }, "w-shop", 0)).toBe("Only 2 here; 1 at Safe.");
  expect(obstacle(line, "w-elsewhere", 0)).toBe("None here; 2 at Shop, 1 at Safe.");
  expect(obstacle({ ...line, quantity: "1.5" }, "w-shop", 0)).toBe("A whole number.");
  expect(obstacle({ ...line, quantity: "5", stocked: false }, "w-shop", 0)).toBe("");
});

test("only a price that is not the label's is said to the server", () => {
  const sale = saleOf(setPrice(basket, "v-54", "1200.00"), "w-shop");
  expect(sale.lines).toEqual([
    { variant_id: "v-54", quantity: "1", unit_price: "1200.00" },
    { variant_id: "v-grain", quantity: "1" },
  ]);
  expect(saleOf(setPrice(basket, "v-54", "1290.00"), "w-shop").lines[0]).toEqual({ variant_id: "v-54", quantity: "1" });
});

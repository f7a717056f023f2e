import { describe, expect, test } from "vitest";

import { mug, towel } from "../testing/server";
import { add, type Basket, emptyBasket, pieces, quantityOf, remove, setQuantity, total } from "./basket";

const two = add(add(emptyBasket, mug), towel);

describe("the basket", () => {
  test("adding a product again makes it one more, not another line", () => {
    const basket = add(two, mug);
    expect(basket.lines.map(({ product, quantity }) => [product.sku, quantity])).toEqual([["MUG-01", 2], ["TWL-01", 1]]);
    expect(pieces(basket)).toBe(3);
  });

  test("the total is exact to the cent", () => {
    const dime = add(emptyBasket, { ...mug, price: "0.10" });
    expect(total(setQuantity(dime, mug.id, 3))).toBe("0.30");
    expect(total(setQuantity(two, towel.id, 7))).toBe("81.80");
    expect(total(emptyBasket)).toBe("0.00");
  });

  test.each([[0, 1], [-4, 1], [Number.NaN, 1], [2.9, 2], [1_000_000, 9_999]])("a quantity of %d becomes %d", (asked, held) => {
    expect(quantityOf(setQuantity(two, mug.id, asked), mug.id)).toBe(held);
  });

  test("a removed line is gone", () => {
    expect(remove(two, mug.id).lines.map(({ product }) => product.sku)).toEqual(["TWL-01"]);
  });

  test("every change of the lines makes it another attempt", () => {
    const tried: Basket = { ...two, key: "attempt-1" };
    expect(add(tried, mug).key).toBeNull();
    expect(setQuantity(tried, mug.id, 5).key).toBeNull();
    expect(remove(tried, mug.id).key).toBeNull();
  });
});

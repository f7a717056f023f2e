import { expect, test } from "vitest";

import { quantityOf, taxOn, thousandths, times, typedAmount, typedQuantity, withoutTax } from "./amounts";

test.each([["3", 3000], ["12.5", 12500], ["0.125", 125], ["-1", -1000], ["3.000", 3000]])("%s is %d thousandths", (text, value) => {
  expect(thousandths(text)).toBe(value);
});

test.each([[3000, "3"], [12500, "12.5"], [125, "0.125"], [-1000, "-1"], [0, "0"], [100_000, "100"]])("%d thousandths are written %s", (value, text) => {
  expect(quantityOf(value)).toBe(text);
});

test("gold by the gram is priced to the cent, halves up, as the server does it", () => {
  expect(times("78.45", "2.5")).toBe(19613);
  expect(times("0.01", "0.5")).toBe(1);
  expect(times("9999999.99", "99999")).toBe(99_998_999_900_001);
});

test("the tax in a price is what its rate says, and none at a rate of zero", () => {
  expect(withoutTax(12_100, "0.21")).toBe(10_000);
  expect(withoutTax(30_400, "0.2100")).toBe(25_124);
  expect(withoutTax(5_000, "0")).toBe(5_000);
  expect(taxOn(256_431, "0.21")).toBe(53_851);
});

test("people type quantities with a comma, and not in halves of a ring", () => {
  expect(typedQuantity(" 1,5 ", 2)).toBe("1.5");
  expect(typedQuantity("1.5", 0)).toBeNull();
  expect(typedQuantity("0", 2)).toBeNull();
  expect(typedQuantity("two", 2)).toBeNull();
  expect(typedAmount("12,5")).toBe("12.50");
  expect(typedAmount("-3")).toBeNull();
});

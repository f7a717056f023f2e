import { expect, test } from "vitest";

import { cents, decimal, money } from "./money";

test.each([["12.50", 1250], ["12.5", 1250], ["12", 1200], ["0.05", 5], ["-3.10", -310]])("%s is %d cents", (amount, value) => {
  expect(cents(amount)).toBe(value);
});

test.each(["", "12,50", "1.234", "1e3", "NaN"])("%j is not an amount", (text) => {
  expect(() => cents(text)).toThrow(RangeError);
});

test("cents become a decimal string again", () => {
  expect(decimal(1250)).toBe("12.50");
  expect(decimal(5)).toBe("0.05");
});

test("an amount is written with its currency and two decimals, in whatever language the browser speaks", () => {
  expect(money("1234.5", "EUR")).toMatch(/^€?\s?1\D?234[.,]50\s?€?$/u);
});

import { expect, test } from "vitest";

import { differences, pageOf, titleOf } from "./differences";

const before = { id: "v-1", item_id: "i-1", sku: "RNG-1-54", name: "", price: 78.8, active: true, attributes: { size: "54" }, updated_at: "2026-11-01T10:00:00Z" };

test("only what differs is said, and keys and times of writing are not", () => {
  const after = { ...before, price: 81, active: false, updated_at: "2026-11-02T10:00:00Z" };
  const [price, active, ...others] = differences({ before, after });
  expect(price?.before).toMatch(/78[.,]80/u);
  expect(price?.after).toMatch(/81[.,]00/u);
  expect(active).toEqual({ field: "active", before: "yes", after: "no" });
  expect(others).toEqual([]);
});

test("of a new row all that it has, and a value that was emptied has no after", () => {
  expect(differences({ before: null, after: { id: "x", name: "Rings", reorder_level: 4, note: "" } })).toEqual([
    { field: "name", before: null, after: "Rings" },
    { field: "reorder level", before: null, after: "4" },
  ]);
  expect(differences({ before: { phone: "+31 20" }, after: { phone: "" } })).toEqual([{ field: "phone", before: "+31 20", after: null }]);
});

test("values in values are written as words", () => {
  const after = { ...before, attributes: { size: "56", fineness: "585" } };
  expect(differences({ before, after })).toEqual([{ field: "attributes", before: "size 54", after: "size 56, fineness 585" }]);
});

test("a document is called by its number, and keys of other rows are left out", () => {
  const after = { number: 11042, at: "2026-11-21", reverses: "a9276c7d-8a03-4992-a1b8-e76ce04e85ea", made_in: 1269 };
  expect(titleOf({ table: "transactions", before: null, after })).toBe("Transaction T-11042");
  expect(differences({ before: null, after }).map(({ field }) => field)).toEqual(["number", "date"]);
});

test("a row is called by its name, or by its code where it has none, and leads to its page", () => {
  const change = { table: "variants", row_key: { id: "v-1" }, before, after: before };
  expect(titleOf(change)).toBe("Variant RNG-1-54");
  expect(pageOf(change)).toBe("/items/i-1");
  expect(titleOf({ table: "items", before: null, after: { name: "Ring" } })).toBe("Item Ring");
  expect(pageOf({ table: "partners", row_key: { id: "p-1" }, before: {}, after: null })).toBeNull();
});

import { expect, test } from "vitest";

import { roundUp } from "./scale";

test.each([[0, 1], [1, 1], [7.2, 8], [530, 600], [601, 800], [850, 1_000], [1_001, 2_000]])("an axis for %d ends at %d", (value, top) => {
  expect(roundUp(value)).toBe(top);
});

import { expect, test } from "vitest";

import { axisFor, roundUp } from "./axis";

test.each([[0, 1], [1, 1], [7.2, 8], [530, 600], [601, 800], [850, 1_000], [1_001, 2_000]])("an axis for %d ends at %d", (value, top) => {
  expect(roundUp(value)).toBe(top);
  expect(axisFor([value]).high).toBe(top);
});

test("its ticks are round, equally far apart and begin at zero", () => {
  expect(axisFor([12, 530]).ticks).toEqual([0, 200, 400, 600]);
  expect(axisFor([0.27]).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  expect(axisFor([]).ticks).toEqual([0, 0.25, 0.5, 0.75, 1]);
});

test("a loss has a place below zero, however small it is beside the gains", () => {
  expect(axisFor([750, -30])).toEqual({ low: -200, high: 800, ticks: [-200, 0, 200, 400, 600, 800] });
  expect(axisFor([30, -750])).toEqual({ low: -800, high: 200, ticks: [-800, -600, -400, -200, 0, 200] });
});

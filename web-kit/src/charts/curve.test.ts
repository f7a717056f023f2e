import { expect, test } from "vitest";

import { curve } from "./curve";

const ends = (path: string) => [...path.matchAll(/(-?[\d.]+) (-?[\d.]+)(?=C|$)/gu)].map(([, x, y]) => [Number(x), Number(y)]);

test("a curve passes through every place", () => {
  expect(ends(curve([{ x: 0, y: 10 }, { x: 10, y: 0 }, { x: 20, y: 40 }]))).toEqual([[0, 10], [10, 0], [20, 40]]);
});

test("it never leaves the space between two neighbours", () => {
  const heights = [0, 90, 91, 5, 5, 60];
  const path = curve(heights.map((y, place) => ({ x: place * 10, y })));
  path.split("C").slice(1).forEach((part, place) => {
    const [, leave = NaN, , arrive = NaN] = part.split(" ").map(Number);
    const [low, high] = [heights[place] ?? NaN, heights[place + 1] ?? NaN].sort((one, other) => one - other);
    for (const y of [leave, arrive]) expect(y >= Number(low) && y <= Number(high)).toBe(true);
  });
});

test("one place is a line of no length, none is nothing", () => {
  expect(curve([{ x: 3, y: 4 }])).toBe("M3 4");
  expect(curve([])).toBe("");
});

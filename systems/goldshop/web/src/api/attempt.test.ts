import { ApiError, NetworkError } from "@stackyard/web-kit/api";
import { afterEach, expect, test } from "vitest";

import { attemptKey, endAttempt, isDefinite } from "./attempt";

afterEach(() => sessionStorage.clear());

test("the same request keeps its key until it was answered; another request has another", () => {
  const first = attemptKey("sale", { lines: [1] });
  expect(attemptKey("sale", { lines: [1] })).toBe(first);
  expect(attemptKey("sale", { lines: [2] })).not.toBe(first);
  const second = attemptKey("sale", { lines: [2] });
  endAttempt("sale");
  expect(attemptKey("sale", { lines: [2] })).not.toBe(second);
});

test("a refusal is final; silence, a limit and an error of the server are not", () => {
  expect(isDefinite(new ApiError({ title: "Out of stock", status: 409 }))).toBe(true);
  expect(isDefinite(new ApiError({ title: "Slow down", status: 429 }))).toBe(false);
  expect(isDefinite(new ApiError({ title: "Oh", status: 503 }))).toBe(false);
  expect(isDefinite(new ApiError({ title: "The same is being worked on", status: 409 }, 1))).toBe(false);
  expect(isDefinite(new NetworkError())).toBe(false);
});

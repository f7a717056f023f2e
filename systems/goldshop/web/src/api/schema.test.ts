// @vitest-environment node
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

test("schema.ts is what openapi.json says; `npm run api` writes it anew", () => {
  const made = execFileSync("node_modules/.bin/openapi-typescript", ["src/api/openapi.json"], { encoding: "utf8" });
  // Compared as a truth, not as texts: their difference would fill the screen.
  expect(readFileSync("src/api/schema.ts", "utf8").trim() === made.trim()).toBe(true);
}, 60_000);

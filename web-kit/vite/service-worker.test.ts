// @vitest-environment node
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { build } from "vite";
import { afterEach, beforeEach, expect, test } from "vitest";

import { serviceWorker } from "./service-worker.js";

let root: string;

function write(name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}

async function built(): Promise<string> {
  await build({ root, configFile: false, logLevel: "silent", plugins: [serviceWorker(build)] });
  return readFileSync(join(root, "dist/sw.js"), "utf8");
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "web-kit-"));
  write("index.html", '<script type="module" src="/main.ts"></script>');
  write("names.ts", 'export const NAME = "shared";\n');
  write("main.ts", 'import { NAME } from "./names";\ndocument.title = NAME;\n');
  write("public/icon.svg", "<svg/>");
  write("worker/service-worker.ts", 'import { NAME } from "../names";\nconsole.log(NAME, __SHELL_FILES__);\n');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test("the worker is one script that knows every file of the release, also where it shares code with the app", async () => {
  const worker = await built();
  expect(worker).not.toMatch(/\bimport\b/u);
  expect(worker).toMatch(/shared/u);
  expect(worker).toMatch(/\["\/","\/assets\/index-[\w-]+\.js","\/icon\.svg"\]/u);
});

test("another release is another worker", async () => {
  const before = await built();
  write("names.ts", 'export const NAME = "changed";\n');
  expect(await built()).not.toBe(before);
});

import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(() => {
  cleanup();
  // A test may ask for no document at all.
  if ("sessionStorage" in globalThis) sessionStorage.clear();
});

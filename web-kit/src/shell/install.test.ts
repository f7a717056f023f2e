import { expect, test, vi } from "vitest";

import { followInstall, installOffer } from "./install";

test("the browser's offer is kept for later, and can be used once", async () => {
  followInstall();
  const prompt = vi.fn(() => Promise.resolve());
  const event = Object.assign(new Event("beforeinstallprompt", { cancelable: true }), { prompt });
  window.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
  expect(prompt).not.toHaveBeenCalled();

  await installOffer.get()?.();
  expect(prompt).toHaveBeenCalledOnce();
  expect(installOffer.get()).toBeNull();
});

test("once it is installed there is nothing left to offer", () => {
  followInstall();
  window.dispatchEvent(Object.assign(new Event("beforeinstallprompt"), { prompt: () => Promise.resolve() }));
  window.dispatchEvent(new Event("appinstalled"));
  expect(installOffer.get()).toBeNull();
});

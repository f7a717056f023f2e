import { installOffer } from "@stackyard/web-kit/shell";
import { act, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";

import { InstallCard } from "./Install";

afterEach(() => {
  localStorage.clear();
  act(() => installOffer.set(null));
});

test("nothing is offered where the browser does not", () => {
  const { container } = render(<InstallCard />);
  expect(container.textContent).toBe("");
});

test("an offer that was turned down does not come back", async () => {
  const offer = vi.fn(() => Promise.resolve());
  installOffer.set(offer);
  const { unmount } = render(<InstallCard />);
  await userEvent.click(screen.getByRole("button", { name: "Not now" }));
  expect(screen.queryByRole("button", { name: "Install" })).toBeNull();
  unmount();
  render(<InstallCard />);
  expect(screen.queryByRole("button", { name: "Install" })).toBeNull();
  expect(offer).not.toHaveBeenCalled();
});

test("an offer that is taken asks the browser", async () => {
  const offer = vi.fn(() => Promise.resolve());
  installOffer.set(offer);
  render(<InstallCard />);
  await userEvent.click(screen.getByRole("button", { name: "Install" }));
  expect(offer).toHaveBeenCalledOnce();
});

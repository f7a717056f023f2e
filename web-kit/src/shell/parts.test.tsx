import { act, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { MemoryRouter } from "react-router-dom";
import { afterEach, expect, test } from "vitest";

import { liveState } from "../live/connection";
import { readAt } from "../offline/readings";
import { Page } from "../ui/Page";
import { ConnectionBanner } from "./ConnectionBanner";
import { Navigation } from "./Navigation";
import { ProductProvider } from "./product";
import { followTheme, theme } from "./theme";
import { ThemeButton } from "./ThemeButton";

const WORDS = { never: "Shown as loaded.", since: "It may have changed." };

afterEach(() => {
  act(() => {
    readAt.set(null);
    theme.set("system");
  });
  localStorage.clear();
});

test("the title of a window names the screen and the app", () => {
  render(
    <ProductProvider value={{ name: "shop", Brand: () => null, tagline: "", withoutServer: "" }}>
      <Page title="Rings">content</Page>
    </ProductProvider>,
  );
  expect(document.title).toBe("Rings · shop");
});

test("the place where one is is marked for the eye and the ear", () => {
  const places = [
    { to: "/rings", label: "Rings", drawing: "M0 0", badge: 120 },
    { to: "/watches", label: "Watches", drawing: "M0 0" },
  ];
  render(
    <MemoryRouter initialEntries={["/rings/7"]} future={{ v7_startTransition: true, v7_relativeSplatPath: true }}>
      <Navigation places={places} />
    </MemoryRouter>,
  );
  expect(screen.getByRole("link", { name: "Rings" }).getAttribute("aria-current")).toBe("page");
  expect(screen.getByRole("link", { name: "Watches" }).getAttribute("aria-current")).toBeNull();
  expect(screen.getByText("99+")).toBeTruthy();
});

test("what comes out of the store is said to be old, with its time, even while updates flow", () => {
  liveState.set({ phase: "live", lastLive: Date.now() });
  const { container } = render(<ConnectionBanner words={WORDS} />);
  expect(container.textContent).toBe("");
  act(() => readAt.set(Date.parse("2026-11-21T10:00:00Z")));
  expect(container.textContent).toMatch(/^There is no connection\. What you see was read at .*2026/u);
});

test("the theme goes round, is worn by the root element, and is there again next time", async () => {
  followTheme();
  render(<ThemeButton />);
  await userEvent.click(screen.getByRole("button", { name: "Colours: as the device. Change to light." }));
  await userEvent.click(screen.getByRole("button", { name: "Colours: light. Change to dark." }));
  expect(document.documentElement.dataset["theme"]).toBe("dark");
  expect(localStorage.getItem("theme")).toBe("dark");
  await userEvent.click(screen.getByRole("button", { name: "Colours: dark. Change to as the device." }));
  expect(document.documentElement.dataset["theme"]).toBeUndefined();
});

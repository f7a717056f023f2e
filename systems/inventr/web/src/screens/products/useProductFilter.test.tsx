import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { BrowserRouter } from "react-router-dom";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { useProductFilter } from "./useProductFilter";

function Search() {
  const { text, search, filter } = useProductFilter();
  return (
    <>
      <input type="search" value={text} onChange={(event) => search(event.target.value)} />
      <output>{filter.search}</output>
    </>
  );
}

const type = (text: string) => fireEvent.change(screen.getByRole("searchbox"), { target: { value: text } });

beforeEach(() => {
  vi.useFakeTimers();
  window.history.replaceState(null, "", "/products");
  render(
    <BrowserRouter future={{ v7_startTransition: true, v7_relativeSplatPath: true }}>
      <Search />
    </BrowserRouter>,
  );
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test("what is typed stands in the address after a pause", () => {
  type("mug");
  expect(window.location.search).toBe("");
  act(() => void vi.advanceTimersByTime(500));
  expect(window.location.search).toBe("?search=mug");
  expect(screen.getByRole("status").textContent).toBe("mug");
});

test("a search just typed does not lead back from the screen that was opened meanwhile", () => {
  type("mug");
  // The address is the next screen's, whose code is still on its way: this screen stands a moment longer.
  window.history.pushState(null, "", "/order");
  act(() => void vi.advanceTimersByTime(500));
  expect(window.location.pathname + window.location.search).toBe("/order");
});

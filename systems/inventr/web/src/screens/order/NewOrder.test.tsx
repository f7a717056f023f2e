import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { MemoryRouter } from "react-router-dom";
import { beforeEach, expect, test } from "vitest";

import { add } from "../../order/basket";
import { change, clearBasket } from "../../order/basketStore";
import { json, mug, problem, serve, towel } from "../../testing/server";
import NewOrder from "./NewOrder";

const placed = { id: "o1", number: 1041, status: "placed", total: "22.40", currency: "EUR", lines: [] };

function show() {
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <MemoryRouter future={{ v7_startTransition: true, v7_relativeSplatPath: true }}>
        <NewOrder />
      </MemoryRouter>
    </QueryClientProvider>,
  );
}

beforeEach(clearBasket);

test("a double click places one order and says its number", async () => {
  change(add, mug);
  const seen = serve(() => json(placed, 201));
  show();
  await userEvent.dblClick(screen.getByRole("button", { name: "Place order" }));
  expect(await screen.findByText("Order 1041 placed")).toBeTruthy();
  expect(seen.filter(({ method }) => method === "POST")).toHaveLength(1);
});

test("what is out of stock is said beside its line", async () => {
  change(add, mug);
  change(add, towel);
  serve(() => problem(409, "Out of stock", { errors: [{ pointer: "/lines/1/quantity", detail: "Only 0 left." }] }));
  show();
  await userEvent.click(screen.getByRole("button", { name: "Place order" }));
  await screen.findByText("Only 0 left.");
  const [first, second] = within(screen.getByRole("list", { name: "Lines of the order" })).getAllByRole("listitem");
  expect(first?.textContent).not.toContain("Only 0 left.");
  expect(second?.textContent).toContain("Only 0 left.");
});

test("a scanned code, which ends with Enter, is added at once", async () => {
  serve(() => json({ items: [{ ...mug, sku: "MUG-011" }, mug], next_cursor: null, total: 2 }));
  show();
  await userEvent.type(screen.getByRole("searchbox", { name: "Add by name or SKU" }), "mug-01{Enter}");
  expect(await screen.findByRole("textbox", { name: "Quantity of Enamel mug" })).toBeTruthy();
  expect(screen.getByRole<HTMLInputElement>("searchbox").value).toBe("");
});

test("an empty order cannot be placed", () => {
  show();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Place order" }).disabled).toBe(true);
});

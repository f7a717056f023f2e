import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import { clerk, json, manager, open, serve } from "../../testing/shop";
import Sale from "./Sale";

const sale = {
  id: "s-1",
  number: "S-1",
  status: "completed",
  customer: { id: "c", name: "Adéla Wagner" },
  warehouse: { id: "w-shop", code: "SHOP", name: "Shop" },
  payment: "transfer",
  sold_at: "2026-11-21T10:00:00Z",
  returned_at: null,
  net: "100.00",
  tax: "21.00",
  gross: "121.00",
  currency: "EUR",
  created_by: "Ines",
  transaction_id: "t-1",
  invoice: { id: "n-1", number: "2026-000001", issued_at: "2026-11-21T10:00:00Z", due_at: "2099-12-05T10:00:00Z", paid_at: null },
  lines: [],
};

test("an open invoice is paid after a question", async () => {
  let shown: object = sale;
  const seen = serve(({ method }) => {
    if (method === "POST") shown = { ...sale, invoice: { ...sale.invoice, paid_at: "2026-11-22T10:00:00Z" } };
    return json(shown);
  });
  open(<Sale />, "/sales/:id", "/sales/s-1", clerk);
  expect(await screen.findByText("To be paid")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Note the payment" }));
  await userEvent.click(screen.getByRole("button", { name: "It is paid" }));
  expect(await screen.findByText("Paid")).toBeTruthy();
  expect(screen.queryByText("To be paid")).toBeNull();
  expect(seen.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual(["/api/sales/s-1/payment"]);
});

test("only a manager takes a sale back and sees what it wrote in the books", async () => {
  serve(() => json(sale));
  const { unmount } = open(<Sale />, "/sales/:id", "/sales/s-1", clerk);
  await screen.findByRole("button", { name: "Invoice PDF" });
  expect(screen.queryByRole("button", { name: "Take back" })).toBeNull();
  expect(screen.queryByRole("link", { name: "In the books" })).toBeNull();
  unmount();
  open(<Sale />, "/sales/:id", "/sales/s-1", manager);
  expect(await screen.findByRole("button", { name: "Take back" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "In the books" }).getAttribute("href")).toBe("/ledger/transactions/t-1");
});

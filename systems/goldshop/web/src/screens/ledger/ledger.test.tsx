import { screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import type { Transaction as Entry } from "../../api/types";
import { json, manager, open, problem, serve } from "../../testing/shop";
import Accounts from "./Accounts";
import BalanceSheet from "./BalanceSheet";
import NewEntry from "./NewEntry";
import ProfitAndLoss from "./ProfitAndLoss";
import Transaction from "./Transaction";

const account = (code: string, name: string, kind: string, balance: string) => ({ code, name, kind, balance });
const accounts = {
  currency: "EUR",
  items: [
    account("1000", "Cash", "asset", "0.10"),
    account("1020", "Bank", "asset", "0.20"),
    account("6000", "Rent", "expense", "900.00"),
  ],
};
const rent: Entry = {
  id: "t-1",
  number: "T-1",
  at: "2026-11-01",
  description: "Rent for November",
  source_kind: "manual",
  source_id: null,
  created_at: "2026-11-01T09:00:00Z",
  created_by: "Marta",
  reverses: null,
  reversed_by: null,
  postings: [
    { position: 1, account_code: "6000", account: "Rent", amount: "900.00" },
    { position: 2, account_code: "1020", account: "Bank", amount: "-900.00" },
  ],
};

test("accounts stand together by kind, with a sum that loses no cent", async () => {
  serve(() => json(accounts));
  open(<Accounts />, "/ledger", "/ledger", manager);
  const heading = await screen.findByRole("heading", { name: /Assets/u });
  expect(heading.textContent).toMatch(/0[.,]30/u);
  expect(screen.getByRole("link", { name: "Bank" }).getAttribute("href")).toBe("/ledger/accounts/1020");
});

test("an entry can only be posted once it balances, and then exactly as it was typed", async () => {
  const seen = serve(({ path, method }) => {
    if (method === "POST") return json(rent, 201);
    return json(path.endsWith("/accounts") ? accounts : rent);
  });
  open(<NewEntry />, "*", "/ledger/new", manager);
  const post = await screen.findByRole("button", { name: "Post the entry" });
  await userEvent.type(screen.getByLabelText("What it is for"), "Rent for November");
  await userEvent.selectOptions(screen.getByLabelText("Line 1, account"), "6000");
  await userEvent.type(screen.getByLabelText("Line 1, debit"), "900");
  await userEvent.selectOptions(screen.getByLabelText("Line 2, account"), "1020");
  await userEvent.type(screen.getByLabelText("Line 2, credit"), "899.99");
  expect(screen.getByRole("status").textContent).toBe("Debits and credits differ.");
  expect((post as HTMLButtonElement).disabled).toBe(true);

  await userEvent.clear(screen.getByLabelText("Line 2, credit"));
  await userEvent.click(screen.getByRole("button", { name: "The rest" }));
  await userEvent.click(post);
  const sent = seen.find(({ method }) => method === "POST");
  expect(sent?.body).toMatchObject({
    description: "Rent for November",
    postings: [
      { account_code: "6000", amount: "900.00" },
      { account_code: "1020", amount: "-900.00" },
    ],
  });
  expect(sent?.key).toMatch(/^[\da-f-]{36}$/u);
});

test("what the server refuses is said, and what was typed stays", async () => {
  serve(({ method }) => (method === "POST" ? problem(422, "Not valid", { detail: "Debits and credits differ by 0.01." }) : json(accounts)));
  open(<NewEntry />, "/ledger/new", "/ledger/new", manager);
  await userEvent.type(await screen.findByLabelText("What it is for"), "Rent");
  await userEvent.selectOptions(screen.getByLabelText("Line 1, account"), "6000");
  await userEvent.type(screen.getByLabelText("Line 1, debit"), "1");
  await userEvent.selectOptions(screen.getByLabelText("Line 2, account"), "1020");
  await userEvent.type(screen.getByLabelText("Line 2, credit"), "1");
  await userEvent.click(screen.getByRole("button", { name: "Post the entry" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Debits and credits differ by 0.01.");
  expect(screen.getByLabelText<HTMLInputElement>("What it is for").value).toBe("Rent");
});

test("an entry by hand can be reversed, one of a sale cannot", async () => {
  serve(({ path }) => json(path.endsWith("/t-1") ? rent : { ...rent, id: "t-2", source_kind: "sale", source_id: "s-1" }));
  const { unmount } = open(<Transaction />, "/ledger/transactions/:id", "/ledger/transactions/t-1", manager);
  expect(await screen.findByRole("button", { name: "Reverse this entry" })).toBeTruthy();
  unmount();
  open(<Transaction />, "/ledger/transactions/:id", "/ledger/transactions/t-2", manager);
  expect((await screen.findByRole("link", { name: "Sale" })).getAttribute("href")).toBe("/sales/s-1");
  expect(screen.queryByRole("button", { name: "Reverse this entry" })).toBeNull();
});

test("profit and loss sets the cost of goods against the income first", async () => {
  serve(() =>
    json({
      from: "2026-01-01",
      to: "2026-11-21",
      currency: "EUR",
      income: [{ code: "4000", name: "Sales", amount: "1000.00" }],
      expenses: [
        { code: "5000", name: "Cost of goods sold", amount: "600.00" },
        { code: "6000", name: "Rent", amount: "900.00" },
        { code: "6400", name: "Advertising", amount: "0.00" },
      ],
      total_income: "1000.00",
      total_expenses: "1500.00",
      gross_profit: "400.00",
      profit: "-500.00",
    }),
  );
  open(<ProfitAndLoss />, "/ledger/profit-and-loss", "/ledger/profit-and-loss", manager);
  const rows = within(await screen.findByRole("table")).getAllByRole("row").map((row) => row.textContent);
  expect(rows.map((text) => text.replaceAll(/[\d.,−]+$/gu, ""))).toEqual([
    "Income",
    "Sales 4000",
    "Total income",
    "Cost of what was sold",
    "Cost of goods sold 5000",
    "Gross profit",
    "Expenses",
    "Rent 6000",
    "Total expenses",
    "Loss",
  ].map((text) => text.replaceAll(/[\d.,−]+$/gu, "")));
  expect(rows.at(-1)).toMatch(/−500[.,]00/u);
});

test("the profit so far is the owner's part of the balance sheet", async () => {
  const seen = serve(() =>
    json({
      at: "2026-11-21",
      currency: "EUR",
      assets: [{ code: "1000", name: "Cash", amount: "30.00" }],
      liabilities: [{ code: "2000", name: "Payables", amount: "5.10" }],
      equity: [{ code: "3000", name: "Owner's equity", amount: "20.00" }],
      profit: "4.90",
      total_assets: "30.00",
      total_liabilities_and_equity: "30.00",
    }),
  );
  open(<BalanceSheet />, "/ledger/balance-sheet", "/ledger/balance-sheet?at=2026-11-21", manager);
  expect((await screen.findByRole("row", { name: /Total equity/u })).textContent).toMatch(/24[.,]90/u);
  expect(seen[0]?.path).toBe("/api/ledger/balance-sheet?at=2026-11-21");
});

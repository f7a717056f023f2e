import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { useLocation } from "react-router-dom";
import { expect, test } from "vitest";

import { json, open, serve } from "../testing/shop";
import { marked } from "./found";
import { Search } from "./Search";

const found = (id: string, kind: string, title: string, matched_by: string) => ({ kind, id, title, subtitle: "RNG-1", thumbnail: null, matched_by });

function Where() {
  return <p data-testid="where">{useLocation().pathname}</p>;
}

function shop() {
  const seen = serve(({ path }) => {
    const query = new URL(path, location.origin).searchParams.get("q") ?? "";
    const items = query === "opal" ? [] : [found("i-1", "item", "Sapphire ring", "similar"), found("s-9", "invoice", "Invoice 2026-000009", "number")];
    return json({ query, items });
  });
  open(
    <>
      <Search />
      <Where />
    </>,
    "*",
    "/",
  );
  return seen;
}

test("“/” leads to the field, the arrows choose, and Enter opens: an invoice with its sale", async () => {
  shop();
  await userEvent.keyboard("/saphire");
  const field = screen.getByRole("combobox", { name: "Search the shop" });
  expect(document.activeElement).toBe(field);
  const first = await screen.findByRole("option", { name: /Sapphire ring/u });
  expect(first.textContent).toContain("spelt alike");
  expect(field.getAttribute("aria-activedescendant")).toBe(first.id);
  await userEvent.keyboard("{ArrowDown}{Enter}");
  expect(screen.getByTestId("where").textContent).toBe("/sales/s-9");
  expect(screen.queryByRole("option")).toBeNull();
});

test("the arrows go round, and Escape leaves without going anywhere", async () => {
  shop();
  await userEvent.keyboard("/ring");
  await screen.findByRole("option", { name: /Sapphire ring/u });
  await userEvent.keyboard("{ArrowUp}");
  expect(screen.getByRole("option", { selected: true }).textContent).toContain("Invoice 2026-000009");
  await userEvent.keyboard("{Escape}");
  expect(screen.queryByRole("option")).toBeNull();
  expect(screen.getByTestId("where").textContent).toBe("/");
});

test("nothing found is said", async () => {
  shop();
  await userEvent.keyboard("/opal");
  expect(await screen.findByText("Nothing is called “opal”.")).toBeTruthy();
});

test("the words searched for are marked, whatever their case, and no sign of theirs means anything", () => {
  expect(marked("Curb chain, 14 ct", "CHAIN 14 (")).toEqual([
    { piece: "Curb ", isMatch: false },
    { piece: "chain", isMatch: true },
    { piece: ", ", isMatch: false },
    { piece: "14", isMatch: true },
    { piece: " ct", isMatch: false },
  ]);
});

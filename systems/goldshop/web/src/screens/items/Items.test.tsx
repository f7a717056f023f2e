import { screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import { json, open, problem, ring, serve } from "../../testing/shop";
import Items from "./Items";

const rings = { id: "c-rings", name: "Rings", path: "jewellery.rings", depth: 2, items: 1 };

function shop(pages: Record<string, unknown>) {
  return serve(({ path }) => {
    if (path === "/api/categories") return json({ items: [rings] });
    const cursor = new URL(path, location.origin).searchParams.get("cursor") ?? "";
    return json(pages[cursor]);
  });
}

test("a row says what it is, what it costs and that there are few, and leads to the item", async () => {
  shop({ "": { items: [ring], next_cursor: null } });
  open(<Items />, "/items");
  const row = within(await screen.findByRole("listitem"));
  expect(row.getByRole("link", { name: "Solitaire ring" }).getAttribute("href")).toBe("/items/i-ring");
  expect(row.getByText(/1\D?290[.,]00/u)).toBeTruthy();
  expect(row.getByText("Low")).toBeTruthy();
});

test("the next page is fetched where this one ends", async () => {
  const seen = shop({
    "": { items: [ring], next_cursor: "after-ring" },
    "after-ring": { items: [{ ...ring, id: "i-watch", name: "Watch" }], next_cursor: null },
  });
  open(<Items />, "/items");
  await userEvent.click(await screen.findByRole("button", { name: "Show more" }));
  expect(await screen.findByRole("link", { name: "Watch" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  expect(seen.filter(({ path }) => path.startsWith("/api/items")).map(({ path }) => path)).toEqual([
    "/api/items?q=&sort=name&cursor=",
    "/api/items?q=&sort=name&cursor=after-ring",
  ]);
});

test("filters of the address are asked for, and nothing found offers the way back to everything", async () => {
  const seen = shop({ "": { items: [], next_cursor: null } });
  open(<Items />, "/items", "/items?q=opal&stock=out&category=c-rings");
  await screen.findByText("Nothing matches");
  expect(seen.map(({ path }) => path)).toContain("/api/items?q=opal&sort=name&cursor=&category=c-rings&stock=out");
  await userEvent.click(screen.getByRole("button", { name: "Show all items" }));
  expect(await screen.findByText("No items yet")).toBeTruthy();
});

test("an error is said where the list would be", async () => {
  serve(() => problem(403, "Not allowed", { detail: "Clerks of this shop may not see items." }));
  open(<Items />, "/items");
  expect(await screen.findByText("Clerks of this shop may not see items.")).toBeTruthy();
});

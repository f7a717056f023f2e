import { screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { clerk, json, manager, open, ringInFull, serve } from "../../testing/shop";
import Item from "./Item";

const show = (user = clerk) => {
  serve(() => json(ringInFull));
  open(<Item />, "/items/:id", "/items/i-ring", user);
};

test("an item says where each of its variants lies and by which codes it is found", async () => {
  show();
  expect(await screen.findByRole("heading", { name: "Solitaire ring" })).toBeTruthy();
  expect(screen.getByText("size 54, fineness 585")).toBeTruthy();
  expect(screen.getByText("2000000000015")).toBeTruthy();
  expect(screen.getByText("Safe").nextSibling?.textContent).toBe("1");
});

test("what the shop paid is for managers", async () => {
  show(manager);
  expect(await screen.findByText(/cost .*610[.,]50/u)).toBeTruthy();
});

test("a clerk does not see what the shop paid", async () => {
  show(clerk);
  await screen.findByText("2000000000015");
  expect(screen.queryByText(/cost/u)).toBeNull();
});

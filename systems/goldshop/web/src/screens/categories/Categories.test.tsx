import { screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import { clerk, json, manager, open, problem, serve } from "../../testing/shop";
import Categories from "./Categories";

const items = [
  { id: "c-1", name: "Jewellery", path: "jewellery", depth: 1, items: 3 },
  { id: "c-2", name: "Rings", path: "jewellery.rings", depth: 2, items: 2 },
  { id: "c-3", name: "Watches", path: "watches", depth: 1, items: 1 },
];

test("a category moves to another, but not into itself", async () => {
  const seen = serve(() => json({ items }));
  open(<Categories />, "/categories", "/categories", manager);
  await userEvent.click(await screen.findByRole("button", { name: "Change Jewellery" }));
  const places = within(screen.getByLabelText("Stands in"));
  expect(places.getAllByRole("option").map((option) => option.textContent)).toEqual(["The top", "Watches"]);
  await userEvent.selectOptions(screen.getByLabelText("Stands in"), "c-3");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(seen.find(({ method }) => method === "PATCH")).toMatchObject({
    path: "/api/categories/c-1",
    body: { name: "Jewellery", parent_id: "c-3" },
  });
});

test("one that is used stays, and the reason is said; a clerk only reads", async () => {
  serve(({ method }) => (method === "DELETE" ? problem(409, "Conflict", { detail: "There are items in it." }) : json({ items })));
  const { unmount } = open(<Categories />, "/categories", "/categories", manager);
  await userEvent.click(await screen.findByRole("button", { name: "Change Rings" }));
  await userEvent.click(screen.getByRole("button", { name: "Remove" }));
  expect(await screen.findByText("There are items in it.")).toBeTruthy();
  unmount();
  open(<Categories />, "/categories", "/categories", clerk);
  await screen.findByRole("link", { name: /Rings/u });
  expect(screen.queryByRole("button")).toBeNull();
});

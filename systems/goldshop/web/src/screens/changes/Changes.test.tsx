import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { json, manager, open, serve } from "../../testing/shop";
import Changes from "./Changes";

test("a change says who, what, and from what to what", async () => {
  const seen = serve(() =>
    json({
      items: [
        {
          id: 7,
          at: "2026-11-21T10:00:00Z",
          action: "UPDATE",
          table: "variants",
          row_key: { id: "v-1" },
          actor_id: "u2",
          actor: "Marta",
          correlation_id: null,
          before: { id: "v-1", item_id: "i-1", name: "", sku: "RNG-54", price: 78.8 },
          after: { id: "v-1", item_id: "i-1", name: "", sku: "RNG-54", price: 81 },
        },
      ],
      next_cursor: null,
    }),
  );
  open(<Changes />, "/changes", "/changes?table=variants&row=v-1", manager);
  const entry = within(await screen.findByRole("listitem"));
  expect(entry.getByText("Marta")).toBeTruthy();
  expect(entry.getByRole("link", { name: "Variant RNG-54" }).getAttribute("href")).toBe("/items/i-1");
  expect(entry.getByRole("deletion").textContent).toMatch(/was .*78[.,]80/u);
  expect(entry.getByRole("insertion").textContent).toMatch(/is now .*81[.,]00/u);
  expect(seen[0]?.path).toContain("table=variants&row=v-1");
});

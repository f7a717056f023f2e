import { screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { json, open, ringInFull, serve } from "../../testing/shop";
import Lookup from "./Lookup";

const [variant] = ringInFull.variants;

test("a code says what it is, what it costs and where it lies, also where there is none", async () => {
  const warehouses = [
    { id: "w-shop", code: "SHOP", name: "Shop", active: true },
    { id: "w-fair", code: "FAIR", name: "Fair", active: true },
  ];
  serve(({ path }) => json(path === "/api/warehouses" ? { items: warehouses } : { matched: "barcode", item: { ...ringInFull, thumbnail: null }, variant }));
  open(<Lookup />, "/lookup", "/lookup?code=2000000000015");
  expect(await screen.findByRole("heading", { name: "Solitaire ring, size 54, fineness 585" })).toBeTruthy();
  expect(screen.getByText("Shop").nextSibling?.textContent).toBe("2");
  expect((await screen.findByText("Fair")).nextSibling?.textContent).toBe("0");
  expect(screen.getByText("In all").nextSibling?.textContent).toBe("3");
});

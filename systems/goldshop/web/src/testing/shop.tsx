import { ProductProvider } from "@stackyard/web-kit/shell";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { MemoryRouter, Route, Routes } from "react-router-dom";

import type { Item, ItemRow, User } from "../api/types";
import { product } from "../app/product";
import { UserProvider } from "../app/user";

export { json, problem, serve } from "@stackyard/web-kit/testing";

export const clerk: User = { id: "u1", email: "clerk@goldshop.example", name: "Ines", role: "clerk" };
export const manager: User = { ...clerk, id: "u2", email: "manager@goldshop.example", name: "Marta", role: "manager" };

const rings = { id: "c-rings", name: "Rings", path: "jewellery.rings" };

export const ring: ItemRow = {
  id: "i-ring",
  sku: "RNG-0001",
  name: "Solitaire ring",
  category: rings,
  thumbnail: null,
  price_from: "1290.00",
  stock: "3",
  unit: "pc",
  variants: 2,
  stocked: true,
  active: true,
  low: true,
};

export const ringInFull: Item = {
  ...ring,
  description: "A brilliant of 0.25 carat in a setting of six claws.",
  tax_rate: "0.21",
  reorder_level: "4",
  created_at: "2026-11-01T10:00:00Z",
  updated_at: "2026-11-20T10:00:00Z",
  images: [],
  variants: [
    {
      id: "v-54",
      sku: "RNG-0001-54",
      name: "",
      attributes: { size: "54", fineness: "585" },
      price: "1290.00",
      cost: "610.5000",
      position: 0,
      active: true,
      barcodes: [{ code: "2000000000015", kind: "ean13" }],
      stock: "3",
      stock_by_warehouse: [
        { warehouse_id: "w-shop", warehouse: "Shop", quantity: "2" },
        { warehouse_id: "w-safe", warehouse: "Safe", quantity: "1" },
      ],
    },
  ],
};

// jsdom knows dialogs, but not how to open them.
HTMLDialogElement.prototype.showModal = function showModal() {
  this.open = true;
};
HTMLDialogElement.prototype.close = function close() {
  this.open = false;
};

/** Draws a screen of the route `path` at the address `at`, for a signed-in person. */
export function open(screen: ReactNode, path: string, at = path, user: User = clerk) {
  return render(
    <ProductProvider value={product}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <UserProvider value={user}>
          <MemoryRouter initialEntries={[at]} future={{ v7_startTransition: true, v7_relativeSplatPath: true }}>
            <Routes>
              <Route path={path} element={screen} />
              <Route path="*" element={null} />
            </Routes>
          </MemoryRouter>
        </UserProvider>
      </QueryClientProvider>
    </ProductProvider>,
  );
}

import type { TokenAnswer } from "@stackyard/web-kit/api";

import type { Product, User } from "../api/types";

export { json, problem, serve } from "@stackyard/web-kit/testing";

export const grant = (token: string): TokenAnswer<User> => ({
  access_token: token,
  expires_in: 900,
  user: { id: "u1", email: "clerk@inventr.example", name: "Ines", role: "clerk" },
});

export const mug: Product = {
  id: "p-mug",
  sku: "MUG-01",
  name: "Enamel mug",
  description: null,
  category: "Kitchen",
  price: "12.50",
  currency: "EUR",
  stock: 24,
  reorder_level: 10,
  updated_at: "2026-11-21T10:00:00.000000Z",
};

export const towel: Product = { ...mug, id: "p-towel", sku: "TWL-01", name: "Linen towel", price: "9.90", stock: 1 };

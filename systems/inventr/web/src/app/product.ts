import type { Product } from "@stackyard/web-kit/shell";

import { Brand } from "../ui/Brand";

/** What the shared parts say about this app. */
export const product: Product = {
  name: "inventr",
  Brand,
  tagline: "Stock, orders and revenue for the shop floor.",
  withoutServer: "Stock and orders are only shown when they are known to be current.",
};

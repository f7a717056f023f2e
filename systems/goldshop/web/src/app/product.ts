import type { Product } from "@stackyard/web-kit/shell";

import { Brand } from "../ui/Brand";

/** What the shared parts say about this app. */
export const product: Product = {
  name: "goldshop",
  Brand,
  tagline: "Stock, sales and the books of the shop.",
  withoutServer: "Nothing that was read in this browser before can be shown: sign in once with a connection.",
};

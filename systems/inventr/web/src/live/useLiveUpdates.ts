import { type Live, type Refetch, useLive } from "@stackyard/web-kit/live";
import type { QueryKey } from "@tanstack/react-query";

import { lastingToken } from "../api/session";
import { announceStock } from "./announcer";
import { liveStock } from "./stock";

/** What the server tells of the shop. */
type ShopEvent =
  | { type: "stock"; product_id: string; sku: string; stock: number; updated_at: string }
  | { type: "order"; number: number | string; total: string; created_at: string };

const LIVE: Live<ShopEvent> = { token: lastingToken, receive, subjectOf };

/** Keeps the live connection open while the component is shown. */
export const useLiveUpdates = (): void => useLive(LIVE);

function receive(event: ShopEvent, refetch: Refetch): void {
  if (event.type === "order") {
    refetch("orders");
    refetch("revenue");
    return;
  }
  if (!liveStock.apply(event.product_id, event)) return;
  if (liveStock.isShown(event.product_id)) announceStock(event.sku, event.stock);
  refetch("low-stock");
  refetch(`movements ${event.product_id}`);
}

/** A list of products changes its members with stock only when it is the list of low stock. */
function subjectOf([name, detail]: QueryKey): string {
  if (name === "products") return (detail as { lowStock: boolean }).lowStock ? "low-stock" : "products";
  return name === "movements" ? `movements ${String(detail)}` : String(name);
}

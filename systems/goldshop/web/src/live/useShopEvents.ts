import { type Live, type Refetch, useLive } from "@stackyard/web-kit/live";
import type { QueryKey } from "@tanstack/react-query";

import { access } from "../api/session";

/** What the server tells of the shop. */
type ShopEvent =
  | { type: "stock"; variant_id: string; warehouse_id: string; quantity: string; at: string }
  | { type: "sale"; at: string }
  | { type: "image"; item_id: string; image_id: string; status: string }
  | { type: "low-stock"; item_id: string };

/** What each event may have changed, by the first word of the queries' keys. */
const TOUCHES: Record<ShopEvent["type"], readonly string[]> = {
  stock: ["items", "item", "lookup", "movements", "purchases", "purchase", "dashboard", "ledger", "reports"],
  sale: ["sales", "sale", "dashboard", "ledger", "reports"],
  image: ["items", "item", "lookup"],
  "low-stock": ["items", "dashboard"],
};

const LIVE: Live<ShopEvent> = { token: access.lastingToken, receive, subjectOf };

/** Keeps the live connection open while the component is shown. */
export const useShopEvents = (): void => useLive(LIVE);

function receive({ type }: ShopEvent, refetch: Refetch): void {
  TOUCHES[type].forEach(refetch);
}

function subjectOf([subject]: QueryKey): string {
  return String(subject);
}

import type { Movement, Payment, Purchase } from "../api/types";

/** What the API's words are called here. */

export const PAID_BY: Record<Payment, string> = { cash: "cash", card: "card", transfer: "bank transfer" };

export const PURCHASE_STATUS: Record<Purchase["status"], string> = { ordered: "On its way", received: "Received", cancelled: "Cancelled" };

export const MOVED_BY: Record<Movement["reason"], string> = {
  received: "Received",
  sold: "Sold",
  returned: "Came back",
  adjusted: "Counted",
  transferred: "Transferred",
  opening: "Opening stock",
};

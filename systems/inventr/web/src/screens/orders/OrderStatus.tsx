import type { Order } from "../../api/types";

export function OrderStatus({ status }: { status: Order["status"] }) {
  const look = status === "placed" ? "bg-accent-soft text-accent-strong" : "bg-sunken text-muted";
  return <span className={`rounded px-1.5 py-0.5 text-xs font-medium capitalize ${look}`}>{status}</span>;
}

import type { Place } from "@stackyard/web-kit/shell";

/** A place of the shop; some are for managers, as the server has it too. */
export interface ShopPlace extends Place {
  managers?: boolean;
}

/** Where one can go, in the order of the navigation. */
export const PLACES: readonly ShopPlace[] = [
  { to: "/", label: "Home", drawing: "M4.500 10.500 12 4l7.500 6.500V20h-5v-6h-5v6h-5v-9.500Z" },
  { to: "/sell", label: "Sell", drawing: "M5 8.500h14l-1 11.500H6L5 8.500Zm3.500 0a3.500 3.500 0 0 1 7 0M9 12.500v.5m6-.5v.5" },
  { to: "/lookup", label: "Look up", drawing: "M4 7.500V5h3m10 0h3v2.500M20 16.500V19h-3M7 19H4v-2.500M7.500 8.500v7m3-7v7m3-7v7m3-7v7" },
  { to: "/items", label: "Items", drawing: "M8 4.500h8l3.500 4.500L12 19.500 4.500 9 8 4.500Zm-3.500 4.500h15M9.500 9 12 19.500 14.500 9M9.500 9 12 4.500 14.500 9" },
  { to: "/sales", label: "Sales", deskOnly: true, drawing: "M6 3.500h12V20l-2-1.300L14 20l-2-1.300L10 20l-2-1.300L6 20V3.500ZM9 8h6m-6 3.500h6" },
  { to: "/purchases", label: "Purchases", deskOnly: true, drawing: "M3.500 6.500h10v9.500h-10v-9.500Zm10 3h4l3 3.500v3h-7M7 18.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm10 0a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z" },
  { to: "/stock", label: "Stock", deskOnly: true, drawing: "M4 9.500 12 4l8 5.500V20H4V9.500ZM8 20v-7h8v7M8 16.500h8" },
  { to: "/labels", label: "Labels", deskOnly: true, drawing: "M4.500 12V4.500H12l8 8-7.500 7.500-8-8ZM8.300 8.300v.01" },
  { to: "/partners", label: "Partners", deskOnly: true, drawing: "M9 11.500a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400ZM3.500 19a5.500 5.500 0 0 1 11 0m1-8a2.700 2.700 0 0 0 0-5.400M17 13.700a5 5 0 0 1 3.500 4.800" },
  { to: "/reports", label: "Reports", deskOnly: true, drawing: "M4 20h16M6.500 17v-5m5.500 5V7m5.500 10V4" },
  { to: "/ledger", label: "Ledger", deskOnly: true, managers: true, drawing: "M6 4h12.500v16H6a1.500 1.500 0 0 1-1.500-1.500v-13A1.500 1.500 0 0 1 6 4Zm2.500 0v16M12 9h3.500M12 12.500h3.500" },
  { to: "/changes", label: "Changes", deskOnly: true, managers: true, drawing: "M4.500 12a7.500 7.500 0 1 0 2.500-5.600M4.500 5v4h4M12 8v4.500l3 1.800" },
  { to: "/more", label: "More", phoneOnly: true, drawing: "M5.500 12h.01M12 12h.01M18.500 12h.01" },
];

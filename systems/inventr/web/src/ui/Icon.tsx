import { type drawings, iconsOf } from "@stackyard/web-kit/ui";

export const places = {
  products: "M4 8.5 12 4l8 4.5v7L12 20l-8-4.5v-7Zm0 0 8 4.5m0 0 8-4.5M12 13v7",
  order: "M5 4h1.6l2 10.5h8.8L19.5 7H7.2M10 19.2h.01M16.5 19.2h.01",
  orders: "M6 3.8h12v16.4l-2.4-1.5-2.4 1.5-2.4-1.5-2.4 1.5L6 18.7V3.8ZM9.2 8.5h5.6M9.2 12.5h5.6",
  revenue: "M4 20h16M7 16.5v-5M12 16.5v-10M17 16.5v-7",
} as const;

export const Icon = iconsOf(places);

export type IconName = keyof typeof places | keyof typeof drawings;

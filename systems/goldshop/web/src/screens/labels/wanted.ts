import { useQuery } from "@tanstack/react-query";

import { itemQuery } from "../../api/queries";
import { purchaseQuery } from "../../api/trade";
import type { Item, Purchase } from "../../api/types";
import { fullName } from "../../format/shop";
import type { Picked } from "../../ui/Finder";

/** A label to print, and how often. */
export interface Wanted {
  variant_id: string;
  sku: string;
  name: string;
  copies: number;
}

/** The most copies of one label that the server prints at a time. */
export const MOST = 100;

export const held = (copies: number): number => Math.min(MOST, Math.max(1, Math.trunc(copies) || 1));

export const ofPicked = ({ item, variant }: Picked): Wanted => ({
  variant_id: variant.id,
  sku: variant.sku,
  name: fullName(item.name, variant),
  copies: 1,
});

/** A label for each piece that came; one for goods by weight. */
export const ofPurchase = ({ lines }: Purchase): Wanted[] =>
  lines.map(({ variant_id, sku, name, quantity, unit }) => ({ variant_id, sku, name, copies: unit === "pc" ? held(Number(quantity)) : 1 }));

export const ofItem = (item: Item): Wanted[] =>
  item.variants.filter(({ active }) => active).map((variant) => ofPicked({ item: { ...item, thumbnail: null }, variant }));

/** What the address asks labels for, `?purchase=` or `?item=`; undefined while it is being read. */
export function useAsked(purchase: string | null, item: string | null): Wanted[] | undefined {
  const bought = useQuery({ ...purchaseQuery(purchase ?? ""), enabled: purchase !== null });
  const shown = useQuery({ ...itemQuery(item ?? ""), enabled: item !== null });
  if (purchase !== null) return bought.data ? ofPurchase(bought.data) : bought.error ? [] : undefined;
  if (item !== null) return shown.data ? ofItem(shown.data) : shown.error ? [] : undefined;
  return [];
}

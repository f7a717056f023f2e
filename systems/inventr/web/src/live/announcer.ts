import { gatheredAnnouncements } from "@stackyard/web-kit/live";

const MOST_BY_NAME = 3;

/** "MUG-01: 4 in stock. PEN-07: 0 in stock." or, beyond three, only how many have changed. */
export function stockSentence(changes: ReadonlyMap<string, number>): string {
  if (changes.size > MOST_BY_NAME) return `Stock of ${changes.size} products has changed.`;
  return [...changes].map(([sku, stock]) => `${sku}: ${stock} in stock.`).join(" ");
}

/** Says that the stock of an SKU has changed, in time. */
export const announceStock = gatheredAnnouncements(stockSentence);

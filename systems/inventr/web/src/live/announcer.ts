import { observable } from "../store/observable";

/** What a screen reader is told, politely, in its own time. */
export const announcement = observable("");

const GATHER_MS = 2_000;
const MOST_BY_NAME = 3;

let pending = new Map<string, number>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says a sentence now. */
export function announce(text: string): void {
  announcement.set(text);
}

/** Gathers stock changes for two seconds, so that a busy shop does not talk without a pause. */
export function announceStock(sku: string, stock: number): void {
  pending.set(sku, stock);
  timer ??= setTimeout(() => {
    announce(stockSentence(pending));
    pending = new Map();
    timer = undefined;
  }, GATHER_MS);
}

/** "MUG-01: 4 in stock. PEN-07: 0 in stock." or, beyond three, only how many have changed. */
export function stockSentence(changes: ReadonlyMap<string, number>): string {
  if (changes.size > MOST_BY_NAME) return `Stock of ${changes.size} products has changed.`;
  return [...changes].map(([sku, stock]) => `${sku}: ${stock} in stock.`).join(" ");
}

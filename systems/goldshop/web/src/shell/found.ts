import type { Found } from "../api/types";

export const KINDS: Record<Found["kind"], string> = {
  item: "Item",
  partner: "Person or firm",
  purchase: "Purchase",
  sale: "Sale",
  invoice: "Invoice",
};

const PAGES: Record<Found["kind"], string> = {
  item: "/items/",
  partner: "/partners/",
  purchase: "/purchases/",
  sale: "/sales/",
  // An invoice is shown with its sale, whose id it has.
  invoice: "/sales/",
};

export const pageOfFound = ({ kind, id }: Found): string => PAGES[kind] + id;

/** Why something was found. */
export const REASONS: Record<Found["matched_by"], string> = {
  words: "has these words",
  similar: "spelt alike",
  number: "this number",
};

/** A text in pieces, each with whether it is one of the words searched for. */
export function marked(text: string, query: string): { piece: string; isMatch: boolean }[] {
  const words = query.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return [{ piece: text, isMatch: false }];
  const pieces = text.split(new RegExp(`(${words.join("|")})`, "giu"));
  return pieces.map((piece, place) => ({ piece, isMatch: place % 2 === 1 })).filter(({ piece }) => piece !== "");
}

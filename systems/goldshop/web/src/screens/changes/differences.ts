import { money, momentText } from "@stackyard/web-kit/format";

import { type Recorded, RECORDED } from "../../api/figures";
import type { Change } from "../../api/types";
import { CURRENCY } from "../../format/shop";

/** One value of a row: null where there was none. */
export interface Difference {
  field: string;
  before: string | null;
  after: string | null;
}

type Row = Record<string, unknown>;

/** What says nothing to people: keys, and what the database derives by itself. */
const SILENT = new Set(["id", "created_at", "updated_at", "search", "created_by", "path", "made_in"]);

/** A key of another row says nothing to people. */
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/** What stands before the number of a document. */
const SIGNS: Readonly<Record<string, string>> = { transactions: "T-", sales: "S-", purchases: "P-" };
const MONEY = new Set(["price", "net", "tax", "gross"]);

/** What a change did, value by value; of a new or a removed row, what it has. */
export function differences({ before, after }: Pick<Change, "before" | "after">): Difference[] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return fields
    .filter((field) => !SILENT.has(field) && !field.endsWith("_id") && !isSame(before?.[field], after?.[field]))
    .map((field) => ({ field: nameOf(field), before: valueOf(before, field), after: valueOf(after, field) }))
    .filter((one) => one.before !== null || one.after !== null);
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

const NAMES: Readonly<Record<string, string>> = { at: "date", source_kind: "from", ordered_at: "ordered", received_at: "received", sold_at: "sold" };

/** "reorder_level" → "reorder level" */
const nameOf = (field: string): string => NAMES[field] ?? field.replaceAll("_", " ");

function valueOf(row: Row | null, field: string): string | null {
  const value = row?.[field];
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "number" && MONEY.has(field)) return money(value.toFixed(2), CURRENCY);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object") return Object.entries(value).map(([name, one]) => `${name} ${String(one)}`).join(", ") || null;
  const text = String(value as string | number);
  if (UUID.test(text)) return null;
  return /^\d{4}-\d{2}-\d{2}T\d{2}:/.test(text) ? momentText(text) : text;
}

/** What people call the row: its name, or else its number or code. */
export function titleOf({ table, before, after }: Pick<Change, "table" | "before" | "after">): string {
  const row = after ?? before ?? {};
  const kind = table in RECORDED ? RECORDED[table as Recorded] : table;
  // One name is that of many variants, such as "Size 54".
  const fields = table === "variants" ? ["sku"] : ["name", "sku", "number", "description", "code", "email"];
  const name = fields.map((field) => valueOf(row, field)).find((value) => value !== null);
  return name ? `${kind} ${SIGNS[table] ?? ""}${name}` : kind;
}

/** Where the row can be seen, or null where it has no page. */
export function pageOf({ table, row_key, before, after }: Pick<Change, "table" | "row_key" | "before" | "after">): string | null {
  const id = text(row_key?.["id"]);
  const item = text((after ?? before)?.["item_id"]);
  if (table === "variants") return item && `/items/${item}`;
  const page = { items: "/items/", sales: "/sales/", purchases: "/purchases/", partners: "/partners/", transactions: "/ledger/transactions/" }[table];
  return page && id && after ? page + id : null;
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

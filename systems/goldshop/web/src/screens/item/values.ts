import type { Item, NewItem, NewVariant, Variant } from "../../api/types";
import { typedAmount, typedQuantity } from "../../format/amounts";

/** What stands in the form of an item. */
export interface ItemValues {
  sku: string;
  name: string;
  description: string;
  category_id: string;
  unit: string;
  tax_rate: string;
  reorder_level: string;
  stocked: boolean;
  active: boolean;
}

export const newItem: ItemValues = {
  sku: "",
  name: "",
  description: "",
  category_id: "",
  unit: "pc",
  tax_rate: "0.21",
  reorder_level: "0",
  stocked: true,
  active: true,
};

export const valuesOf = (item: Item): ItemValues => ({
  sku: item.sku,
  name: item.name,
  description: item.description,
  category_id: item.category.id,
  unit: item.unit,
  tax_rate: String(Number(item.tax_rate)),
  reorder_level: item.reorder_level,
  stocked: item.stocked,
  active: item.active,
});

/** What stands in the form of a variant; `attributes` as "size: 54", one a line. */
export interface VariantValues {
  sku: string;
  name: string;
  attributes: string;
  price: string;
  active: boolean;
}

export const newVariant = (sku = ""): VariantValues => ({ sku, name: "", attributes: "", price: "", active: true });

export const variantValues = (variant: Variant): VariantValues => ({
  sku: variant.sku,
  name: variant.name,
  attributes: Object.entries(variant.attributes)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n"),
  price: variant.price,
  active: variant.active,
});

/** "size: 54" in lines, as names and values; a line without a colon is left out. */
export function attributesOf(text: string): Record<string, string> {
  const pairs = text.split("\n").map((line) => /^\s*([^:]+?)\s*:\s*(.+?)\s*$/.exec(line));
  return Object.fromEntries(pairs.flatMap((pair) => (pair?.[1] && pair[2] ? [[pair[1], pair[2]]] : [])));
}

/** The body of a variant, or null while its SKU or price is missing. */
export function variantOf(values: VariantValues): (Omit<NewVariant, "barcodes"> & { active: boolean }) | null {
  const price = typedAmount(values.price);
  const sku = values.sku.trim();
  if (price === null || sku === "") return null;
  return { sku, name: values.name.trim(), attributes: attributesOf(values.attributes), price, active: values.active };
}

/** The body of a new item with its first variant, or null while something is missing. */
export function itemOf(values: ItemValues, first: VariantValues): NewItem | null {
  const variant = variantOf({ ...first, sku: first.sku.trim() || values.sku });
  if (!variant || values.category_id === "" || values.name.trim() === "" || values.sku.trim() === "") return null;
  const { sku, name, description, category_id, unit, tax_rate, stocked } = values;
  const first_variant = { sku: variant.sku, name: variant.name, attributes: attributesOf(first.attributes), price: variant.price };
  return { sku, name, description, category_id, unit, tax_rate, stocked, reorder_level: levelOf(values), variants: [first_variant] };
}

/** The level at which more is ordered; none is "0". */
export const levelOf = ({ reorder_level }: ItemValues): string => typedQuantity(reorder_level, 3) ?? "0";

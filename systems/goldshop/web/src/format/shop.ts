/** The shop's currency; every amount that the API says is in it. */
export const CURRENCY = "EUR";

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });

/** What pieces are counted in; their unit goes without saying. */
const PIECE = "pc";

/** "3", "12.5 g": a quantity as the API says it, with its unit where it is not pieces. */
export const quantityText = (quantity: string, unit: string): string =>
  numbers.format(Number(quantity)) + (unit === PIECE ? "" : ` ${unit}`);

/** "21 %": a part of one, such as "0.21". */
export const rateText = (rate: string): string => `${numbers.format(Number(rate) * 100)} %`;

/** What tells a variant from the others of its item, such as "size 54, fineness 585"; "" when nothing does. */
const difference = ({ name, attributes }: Named): string =>
  name ||
  Object.entries(attributes)
    .map(([attribute, value]) => `${attribute} ${String(value)}`)
    .join(", ");

interface Named {
  name: string;
  attributes: Record<string, unknown>;
}

/** A variant beside the others of its item. */
export const variantName = (variant: Named, item: string): string => difference(variant) || item;

/** A variant where its item is not named otherwise. */
export const fullName = (item: string, variant: Named): string => [item, difference(variant)].filter(Boolean).join(", ");

import { quantityText } from "../format/shop";

interface Props {
  stock: string;
  unit: string;
  low: boolean;
  /** Services are sold, not stocked. */
  stocked: boolean;
  className?: string;
}

/** How much is there, with a word where that is little. */
export function StockLevel({ stock, unit, low, stocked, className = "" }: Props) {
  if (!stocked) return <p className={`text-muted ${className}`}>Service</p>;
  const isOut = Number(stock) <= 0;
  const [look, flag] = isOut ? ["bg-bad-soft text-bad", "Sold out"] : ["bg-warn-soft text-warn", "Low"];
  return (
    <p className={`flex items-center gap-2 ${className}`}>
      {isOut ? null : (
        <span className="font-medium tabular-nums">
          {quantityText(stock, unit)} <span className="sr-only">in stock</span>
        </span>
      )}
      {isOut || low ? <span className={`rounded px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${look}`}>{flag}</span> : null}
    </p>
  );
}

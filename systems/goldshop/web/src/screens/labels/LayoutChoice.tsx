import { useId } from "react";

import type { LabelLayout } from "../../api/types";

const LAYOUTS: readonly { value: LabelLayout; name: string; text: string }[] = [
  { value: "a4-3x8", name: "Sheet", text: "A4, 3 × 8 labels" },
  { value: "roll-58x40", name: "Roll", text: "58 × 40 mm" },
];

/** How many labels one page of the document has. */
export const perSheet = (layout: LabelLayout): number => (layout === "a4-3x8" ? 24 : 1);

/** On which paper, each with a drawing of it. */
export function LayoutChoice({ value, onChoose }: { value: LabelLayout; onChoose: (layout: LabelLayout) => void }) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">Paper</legend>
      <div className="grid grid-cols-2 gap-2">
        {LAYOUTS.map((layout) => (
          <label
            key={layout.value}
            className="relative flex cursor-pointer flex-col items-center gap-2 rounded-xl border border-line p-3 text-center hover:border-edge has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              className="absolute inset-0 cursor-pointer opacity-0"
              checked={value === layout.value}
              onChange={() => onChoose(layout.value)}
            />
            {layout.value === "a4-3x8" ? <Sheet /> : <Roll />}
            <span>
              <span className="block text-sm font-medium">{layout.name}</span>
              <span className="text-xs text-muted">{layout.text}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Sheet() {
  return (
    <svg viewBox="0 0 48 60" className="h-14" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <rect x="4" y="2" width="40" height="56" rx="2" />
      {Array.from({ length: 24 }, (_, place) => (
        <rect key={place} x={7 + (place % 3) * 12} y={5 + Math.floor(place / 3) * 6.500} width="10" height="4.500" rx="0.750" strokeWidth="0.750" />
      ))}
    </svg>
  );
}

function Roll() {
  return (
    <svg viewBox="0 0 60 60" className="h-14" fill="none" stroke="currentColor" strokeWidth="1.500" aria-hidden="true">
      <circle cx="22" cy="22" r="18" />
      <circle cx="22" cy="22" r="6" />
      <path d="M40 22v34H12" />
      <rect x="16" y="44" width="20" height="9" rx="1" strokeWidth="1" />
    </svg>
  );
}

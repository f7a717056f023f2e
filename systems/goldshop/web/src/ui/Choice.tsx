import { inputClass } from "@stackyard/web-kit/ui";
import type { ReactNode } from "react";

interface Props {
  label: string;
  value: string;
  onChoose: (value: string) => void;
  /** Its options. */
  children: ReactNode;
}

/** One of a few, in a row of filters: what is chosen says what it is about, so its label is only spoken. */
export function Choice({ label, value, onChoose, children }: Props) {
  return (
    <select aria-label={label} className={inputClass} value={value} onChange={(event) => onChoose(event.target.value)}>
      {children}
    </select>
  );
}

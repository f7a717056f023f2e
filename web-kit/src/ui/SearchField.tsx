import type { ComponentProps } from "react";

import { inputClass } from "./Field";
import { Drawing, drawings } from "./Icon";

/** A search box whose label is spoken but not drawn: the glass and the placeholder say it to the eye. */
export function SearchField({ label, className = "", ...rest }: { label: string } & ComponentProps<"input">) {
  return (
    <div className={`relative ${className}`}>
      <Drawing path={drawings.search} className="pointer-events-none absolute top-3 left-3 size-5 text-muted" />
      <input
        type="search"
        aria-label={label}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint="search"
        className={`${inputClass} pl-10`}
        {...rest}
      />
    </div>
  );
}

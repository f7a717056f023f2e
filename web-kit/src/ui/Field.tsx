import { type ComponentProps, type ReactNode, useId } from "react";

/** 16 px on phones, below which some of them zoom into the page when a field gets the focus. */
export const inputClass =
  "min-h-11 w-full rounded-lg border border-edge bg-surface px-3 text-base text-ink transition-colors " +
  "placeholder:text-muted hover:border-muted focus:border-accent md:text-sm";

interface Shared {
  label: string;
  hint?: ReactNode;
}

export function TextField({ label, hint, className = "", ...rest }: Shared & ComponentProps<"input">) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      <input id={id} className={inputClass} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      {hint ? (
        <p id={`${id}-hint`} className="mt-1.5 text-xs text-muted">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

export function SelectField({ label, className = "", ...rest }: Shared & ComponentProps<"select">) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      <select id={id} className={inputClass} {...rest} />
    </div>
  );
}

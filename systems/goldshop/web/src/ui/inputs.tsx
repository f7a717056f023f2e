import { Drawing, drawings, inputClass } from "@stackyard/web-kit/ui";
import { type ComponentProps, type ReactNode, useId } from "react";

/** Several lines of text. */
export function TextArea({ label, className = "", ...rest }: { label: string } & ComponentProps<"textarea">) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      <textarea id={id} rows={3} className={`${inputClass} py-2.5`} {...rest} />
    </div>
  );
}

/** Yes or no, with what it means beside it. */
export function Check({ label, ...rest }: { label: ReactNode } & ComponentProps<"input">) {
  return (
    <label className="flex min-h-11 cursor-pointer items-center gap-3 text-sm">
      <input type="checkbox" className="size-5 shrink-0 rounded accent-accent" {...rest} />
      <span>{label}</span>
    </label>
  );
}

interface SegmentsProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string }[];
  onChoose: (value: Value) => void;
}

/** One of a few, side by side; the arrow keys go from one to the next. */
export function Segments<Value extends string>({ label, value, options, onChoose }: SegmentsProps<Value>) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      <div className="grid auto-cols-fr grid-flow-col gap-1 rounded-xl bg-sunken p-1">
        {options.map((option) => (
          <label
            key={option.value}
            className="relative grid min-h-10 cursor-pointer place-items-center rounded-lg px-2 text-center text-sm font-medium text-muted transition-colors hover:text-ink has-checked:bg-surface has-checked:text-accent-strong has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              className="absolute inset-0 cursor-pointer opacity-0"
              checked={option.value === value}
              onChange={() => onChoose(option.value)}
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface StepperProps {
  /** What is counted, for screen readers: "Quantity of …". */
  label: string;
  value: string;
  onChange: (text: string) => void;
  /** One less and one more. */
  onStep: (step: 1 | -1) => void;
  unit: string;
}

/** A quantity to type, or to change by one. */
export function Stepper({ label, value, onChange, onStep, unit }: StepperProps) {
  const step = "grid size-11 shrink-0 place-items-center text-muted hover:bg-sunken hover:text-ink md:size-9";
  return (
    <div className="flex w-fit items-stretch overflow-hidden rounded-lg border border-edge bg-surface">
      <button type="button" aria-label={`One less: ${label}`} className={step} onClick={() => onStep(-1)}>
        <Drawing path={drawings.minus} className="size-4" />
      </button>
      <input
        inputMode="decimal"
        aria-label={unit === "pc" ? label : `${label}, ${unit}`}
        className="w-14 min-w-0 bg-transparent text-center text-base tabular-nums md:text-sm"
        value={value}
        onFocus={(event) => event.target.select()}
        onChange={(event) => onChange(event.target.value)}
      />
      {unit === "pc" ? null : (
        <span aria-hidden="true" className="self-center pr-2 text-sm text-muted">
          {unit}
        </span>
      )}
      <button type="button" aria-label={`One more: ${label}`} className={step} onClick={() => onStep(1)}>
        <Drawing path={drawings.plus} className="size-4" />
      </button>
    </div>
  );
}

import { useState } from "react";

import { Icon, type IconName } from "../../ui/Icon";

interface Props {
  name: string;
  value: number;
  disabled: boolean;
  onChange: (quantity: number) => void;
}

/** One less, a number to type over, one more. */
export function Quantity({ name, value, disabled, onChange }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const settle = () => {
    if (draft !== null) onChange(Number(draft));
    setDraft(null);
  };
  return (
    <div className="inline-flex rounded-lg border border-edge bg-surface">
      <Step icon="minus" label={`One less: ${name}`} disabled={disabled || value <= 1} onClick={() => onChange(value - 1)} />
      <input
        aria-label={`Quantity of ${name}`}
        inputMode="numeric"
        disabled={disabled}
        value={draft ?? String(value)}
        onChange={(event) => setDraft(event.target.value.replace(/\D/g, "").slice(0, 4))}
        onFocus={(event) => event.target.select()}
        onBlur={settle}
        onKeyDown={(event) => event.key === "Enter" && settle()}
        className="w-11 bg-transparent text-center text-base font-medium tabular-nums md:text-sm"
      />
      <Step icon="plus" label={`One more: ${name}`} disabled={disabled} onClick={() => onChange(value + 1)} />
    </div>
  );
}

function Step(props: { icon: IconName; label: string; disabled: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-label={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
      className="grid size-11 place-items-center rounded-lg text-accent hover:bg-accent-soft disabled:text-muted disabled:opacity-50 md:size-10"
    >
      <Icon name={props.icon} className="size-4.5" />
    </button>
  );
}

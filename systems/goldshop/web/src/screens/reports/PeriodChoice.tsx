import { TextField } from "@stackyard/web-kit/ui";

import { today } from "../../format/days";
import { Choice } from "../../ui/Choice";
import { Segments } from "../../ui/inputs";
import { type Period, PRESETS } from "./period";

interface Props {
  period: Period;
  put: (values: Record<string, string>) => void;
}

/** Which days, and how they are gathered. */
export function PeriodChoice({ period, put }: Props) {
  const { preset, days, by } = period;
  return (
    <div className="grid grid-cols-1 gap-3 md:grid-cols-[minmax(0,1fr)_10rem] md:items-end">
      <Segments
        label="Period"
        value={preset}
        options={PRESETS}
        onChoose={(value) => put(value === "own" ? { period: value, ...days, by: "" } : { period: value, from: "", to: "", by: "" })}
      />
      <Choice label="Gathered by" value={by} onChoose={(value) => put({ by: value })}>
        <option value="day">By day</option>
        <option value="week">By week</option>
        <option value="month">By month</option>
      </Choice>
      {preset === "own" ? (
        <div className="grid max-w-md grid-cols-2 gap-3">
          <TextField label="From" type="date" value={days.from} max={days.to} onChange={(event) => put({ from: event.target.value })} />
          <TextField label="To" type="date" value={days.to} min={days.from} max={today()} onChange={(event) => put({ to: event.target.value })} />
        </div>
      ) : null}
    </div>
  );
}

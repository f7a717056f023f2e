import type { By, Days } from "../../api/figures";
import { daysFrom, isDate, mondayOf, plusDays, plusMonths } from "../../format/days";

export const PRESETS = [
  { value: "7d", label: "7 days" },
  { value: "4w", label: "4 weeks" },
  { value: "13w", label: "13 weeks" },
  { value: "12m", label: "12 months" },
  { value: "own", label: "Own" },
] as const;

export type Preset = (typeof PRESETS)[number]["value"];

/** The days of a report, how they are gathered, and the days that they are compared with. */
export interface Period {
  preset: Preset;
  days: Days;
  by: By;
  before: Days;
  /** "The 7 days before", as a legend says it. */
  beforeName: string;
}

const LENGTHS: Record<Exclude<Preset, "13w" | "12m" | "own">, number> = { "7d": 7, "4w": 28 };
const QUARTER = 13 * 7;

/** As the address says; four weeks when it says nothing. Whole weeks, so that each day is compared with one of its name. */
export function periodOf(params: URLSearchParams, today: string): Period {
  const own = { from: params.get("from") ?? "", to: params.get("to") ?? "" };
  const preset = PRESETS.find(({ value }) => value === params.get("period"))?.value ?? "4w";
  const asked = byOf(params.get("by"));
  if (preset === "12m") {
    const days = { from: `${plusMonths(today, -11).slice(0, 7)}-01`, to: today };
    const before = { from: plusMonths(days.from, -12), to: plusMonths(days.to, -12) };
    return { preset, days, before, by: asked ?? "month", beforeName: "A year before" };
  }
  if (preset === "13w") {
    const days = { from: plusDays(mondayOf(today), 7 - QUARTER), to: today };
    const before = { from: plusDays(days.from, -QUARTER), to: plusDays(days.to, -QUARTER) };
    return { preset, days, before, by: asked ?? "week", beforeName: "The 13 weeks before" };
  }
  if (preset === "own" && isDate(own.from) && isDate(own.to) && own.from <= own.to) {
    const length = daysFrom(own.from, own.to);
    return { preset, days: own, ...beforeOf(own, length), by: asked ?? fitting(length) };
  }
  const length = LENGTHS[preset === "own" ? "4w" : preset];
  const days = { from: plusDays(today, 1 - length), to: today };
  return { preset, days, ...beforeOf(days, length), by: asked ?? "day" };
}

function beforeOf({ from }: Days, length: number): Pick<Period, "before" | "beforeName"> {
  const before = { from: plusDays(from, -length), to: plusDays(from, -1) };
  return { before, beforeName: length === 1 ? "The day before" : `The ${length} days before` };
}

const byOf = (text: string | null): By | null => (text === "day" || text === "week" || text === "month" ? text : null);

const fitting = (days: number): By => (days <= 45 ? "day" : days <= 190 ? "week" : "month");

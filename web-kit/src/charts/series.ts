import { type Axis, axisFor } from "./axis";

/** One time of a chart. `value` only says how high it is drawn; what is read is `text`. */
export interface Point {
  key: string;
  /** The time in full, such as "21 November 2026". */
  label: string;
  /** The same below the axis, such as "21 Nov". */
  tick: string;
  value: number;
  text: string;
  /** What else is known of it, such as "3 orders". */
  note?: string;
  /** The same time of the period before. */
  before?: { label: string; value: number; text: string } | undefined;
}

/** What a chart says about itself and its points. */
export interface Words {
  /** What is shown, such as "Net sales by day". */
  title: string;
  /** What one point is, such as "Day". */
  unit: string;
  /** What its value is, such as "Net sales". */
  value: string;
  /** What its note is, when points have one. */
  note?: string;
  /** The period before, such as "The 30 days before". */
  before?: string;
}

/** Where things are drawn, in pixels of a drawing that is `width` by `height`. */
export interface Plot {
  width: number;
  height: number;
  left: number;
  bottom: number;
  axis: Axis;
  /** The width that belongs to each point. */
  slot: number;
  /** The middle of a point. */
  x: (place: number) => number;
  y: (value: number) => number;
}

const TOP = 10;
const BELOW = 26;
const LETTER = 6.6;
/** Room for a label below the axis. */
const LABEL = 64;

export function plotOf(points: readonly Point[], width: number, height: number, scale: (value: number) => string): Plot {
  const axis = axisFor(points.flatMap(({ value, before }) => (before ? [value, before.value] : [value])));
  const left = Math.max(...axis.ticks.map((tick) => scale(tick).length)) * LETTER + 10;
  const bottom = height - BELOW;
  const slot = Math.max(1, width - left) / points.length;
  return {
    width,
    height,
    left,
    bottom,
    axis,
    slot,
    x: (place) => left + slot * (place + 0.5),
    y: (value) => bottom - ((value - axis.low) / (axis.high - axis.low)) * (bottom - TOP),
  };
}

/** Which points are named below the axis: the last one, and back from it as many as there is room for. */
export function named(count: number, { width, left }: Pick<Plot, "width" | "left">): number[] {
  const step = Math.ceil(count / Math.max(1, Math.floor((width - left) / LABEL)));
  return Array.from({ length: count }, (_, place) => place).filter((place) => (count - 1 - place) % step === 0);
}

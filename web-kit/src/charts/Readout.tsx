import { changeText } from "../format/count";
import type { Point, Words } from "./series";

/** The point that is looked at in words. Screen readers hear it from the chart itself. */
export function Readout({ point, words }: { point: Point; words: Words }) {
  const { before } = point;
  return (
    <p aria-hidden="true" className={`text-sm ${words.before ? "min-h-12" : ""}`}>
      <span className="text-lg font-semibold tabular-nums">{point.text}</span>{" "}
      <span className="text-muted">
        {point.label}
        {point.note ? `, ${point.note}` : ""}
      </span>
      {before && words.before ? (
        <span className="block text-xs text-muted tabular-nums">
          {changeOf(point.value, before.value)} {before.text}, {before.label}
        </span>
      ) : null}
    </p>
  );
}

const changeOf = (now: number, before: number): string => (before > 0 ? `${changeText((now - before) / before)} from` : "After");

/** What is drawn how, where there is more than one thing. */
export function Legend({ words, kind }: { words: Words; kind: "bars" | "area" }) {
  if (!words.before) return <span />;
  return (
    <ul className="flex flex-wrap gap-x-5 gap-y-1 py-2 text-xs text-muted">
      <li className="flex items-center gap-2">
        <Sample kind={kind} look="now" />
        {words.value}
      </li>
      <li className="flex items-center gap-2">
        <Sample kind={kind} look="before" />
        {words.before}
      </li>
    </ul>
  );
}

function Sample({ kind, look }: { kind: "bars" | "area"; look: "now" | "before" }) {
  const isNow = look === "now";
  return (
    <svg viewBox="0 0 22 10" className="h-2.5 w-5.5" aria-hidden="true">
      {kind === "area" ? (
        <path d="M0 5h22" strokeWidth={isNow ? 2.5 : 1.5} className={isNow ? "stroke-chart" : "stroke-muted"} {...(isNow ? {} : { strokeDasharray: "5 4" })} />
      ) : isNow ? (
        <rect width="22" height="10" rx="2" className="fill-chart" />
      ) : (
        <>
          <path d="m2 10 8-10m-2 10 8-10m-2 10 8-10" strokeWidth="1.5" className="stroke-edge" />
          <rect x="0.5" y="0.5" width="21" height="9" rx="2" fill="none" className="stroke-edge" />
        </>
      )}
    </svg>
  );
}

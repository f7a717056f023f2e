import { liveState } from "../live/connection";
import { useObservable } from "../store/observable";

const LOOKS = {
  live: { text: "Live", dot: "bg-accent" },
  connecting: { text: "Connecting…", dot: "bg-warn motion-safe:animate-pulse" },
  waiting: { text: "Not live", dot: "bg-bad" },
} as const;

/** Whether the numbers on the screen follow the server at this moment; `of` says to screen readers which numbers. */
export function ConnectionBadge({ of }: { of: string }) {
  const { text, dot } = LOOKS[useObservable(liveState).phase];
  return (
    <p className="flex items-center gap-2 px-2.5 text-sm text-muted">
      <span className={`size-2 rounded-full ${dot}`} aria-hidden="true" />
      <span className="sr-only">{of}: </span>
      <span>{text}</span>
    </p>
  );
}

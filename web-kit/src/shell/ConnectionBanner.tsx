import { useEffect, useState } from "react";

import { clockText, momentText } from "../format/time";
import { type LiveState, liveState } from "../live/connection";
import { readAt } from "../offline/readings";
import { useObservable } from "../store/observable";

/** A short gap, such as a restart of the server, is not worth a line on the screen. */
const PATIENCE_MS = 2_500;

export interface ConnectionWords {
  /** A sentence for when there never were live updates. */
  never: string;
  /** A sentence on what they have stopped to tell. */
  since: string;
}

/** Says that the numbers may be old, and since when. */
export function ConnectionBanner({ words }: { words: ConnectionWords }) {
  const state = useObservable(liveState);
  const read = useObservable(readAt);
  if (read !== null) return <Line>{`There is no connection. What you see was read at ${momentText(new Date(read).toISOString())}.`}</Line>;
  return state.phase === "live" ? null : <AfterPatience lastLive={state.lastLive} words={words} />;
}

function AfterPatience({ lastLive, words }: Pick<LiveState, "lastLive"> & { words: ConnectionWords }) {
  const [due, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  const text = lastLive === null ? `Live updates are not available. ${words.never}` : `Live updates stopped at ${clockText(lastLive)}. ${words.since}`;
  return <Line>{due ? text : null}</Line>;
}

function Line({ children }: { children: string | null }) {
  return (
    <div aria-live="polite">
      {children ? <p className="bg-warn-soft px-4 py-2 text-sm text-warn md:px-8">{children} Reconnecting…</p> : null}
    </div>
  );
}

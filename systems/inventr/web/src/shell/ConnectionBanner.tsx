import { useEffect, useState } from "react";

import { clockText } from "../format/time";
import { type LiveState, liveState } from "../live/connection";
import { useObservable } from "../store/observable";

/** A short gap, such as a restart of the server, is not worth a line on the screen. */
const PATIENCE_MS = 2_500;

/** Says that the numbers may be old, and since when. */
export function ConnectionBanner() {
  const state = useObservable(liveState);
  return state.phase === "live" ? null : <AfterPatience lastLive={state.lastLive} />;
}

function AfterPatience({ lastLive }: Pick<LiveState, "lastLive">) {
  const [due, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-live="polite">
      {due ? (
        <p className="bg-warn-soft px-4 py-2 text-sm text-warn md:px-8">
          {lastLive === null
            ? "Live updates are not available. Stock is shown as it was when this page loaded it."
            : `Live updates stopped at ${clockText(lastLive)}. Stock may have changed since.`}{" "}
          Reconnecting…
        </p>
      ) : null}
    </div>
  );
}

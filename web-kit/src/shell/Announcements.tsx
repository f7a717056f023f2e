import { announcement } from "../live/announcer";
import { useObservable } from "../store/observable";

/** What screen readers are told when they have a moment. */
export function Announcements() {
  return (
    <div aria-live="polite" className="sr-only">
      {useObservable(announcement)}
    </div>
  );
}

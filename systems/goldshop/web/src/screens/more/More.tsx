import { Card, Drawing, drawings, Page } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

import { useIsManager } from "../../app/user";
import { PLACES } from "../../shell/places";

/** On a desk it is behind one's name. */
const ACCOUNT = { to: "/account", label: "Your account", drawing: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.500 8a7.500 7.500 0 0 1 15 0" };

/** The places for which the bar of a phone has no room. */
export default function More() {
  const isManager = useIsManager();
  const places = PLACES.filter(({ deskOnly, managers }) => deskOnly && (isManager || !managers));
  return (
    <Page title="More">
      <Card className="overflow-hidden">
        <ul aria-label="Places" className="divide-y divide-line">
          {[...places, ACCOUNT].map(({ to, label, drawing }) => (
            <li key={to}>
              <Link to={to} className="flex min-h-14 items-center gap-4 px-4 hover:bg-sunken/60">
                <Drawing path={drawing} className="size-5 text-accent" />
                <span className="flex-1 font-medium">{label}</span>
                <Drawing path={drawings.next} className="size-4 text-muted" />
              </Link>
            </li>
          ))}
        </ul>
      </Card>
    </Page>
  );
}

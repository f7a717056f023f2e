import { Card, Drawing, drawings, Page } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

import { useIsManager } from "../../app/user";
import { PLACES } from "../../shell/places";

/** The places for which the bar of a phone has no room. */
export default function More() {
  const isManager = useIsManager();
  const places = PLACES.filter(({ deskOnly, managers }) => deskOnly && (isManager || !managers));
  return (
    <Page title="More">
      <Card className="overflow-hidden">
        <ul aria-label="Places" className="divide-y divide-line">
          {places.map(({ to, label, drawing }) => (
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

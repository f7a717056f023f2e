import { NavLink } from "react-router-dom";

import { Drawing } from "../ui/Icon";

/** One place to go. */
export interface Place {
  to: string;
  label: string;
  /** The path of its drawing, as `Drawing` takes it. */
  drawing: string;
  /** A number on it, such as what lies in a basket. Only for the eye: the screen itself says it in words. */
  badge?: number;
  /** Only at the side of a desk: a phone's bar has room for five. */
  deskOnly?: boolean;
  /** Only in a phone's bar, such as the way to the places that have no room there. */
  phoneOnly?: boolean;
}

const linkClass = ({ isActive }: { isActive: boolean }): string =>
  "flex min-h-16 flex-col items-center justify-center gap-0.5 text-xs font-medium transition-colors " +
  "md:relative md:min-h-10 md:flex-row md:justify-start md:gap-3 md:rounded-lg md:px-2.5 md:text-sm " +
  (isActive ? "text-accent md:bg-accent-soft md:text-accent-strong" : "text-muted hover:text-ink md:hover:bg-sunken");

/** One navigation: a bar at the bottom of a phone, a column on a desk. */
export function Navigation({ places }: { places: readonly Place[] }) {
  return (
    <nav
      aria-label="Main"
      className="safe-bottom fixed inset-x-0 bottom-0 z-20 border-t border-line bg-surface md:static md:border-0 md:bg-transparent md:pb-0"
    >
      <ul className="grid auto-cols-fr grid-flow-col md:grid-flow-row md:auto-cols-auto md:grid-cols-1 md:gap-0.5">
        {places.map(({ to, label, drawing, badge = 0, deskOnly = false, phoneOnly = false }) => (
          <li key={to} className={deskOnly ? "max-md:hidden" : phoneOnly ? "md:hidden" : undefined}>
            <NavLink to={to} className={linkClass}>
              <span className="relative md:static">
                <Drawing path={drawing} />
                {badge > 0 ? <Badge number={badge} /> : null}
              </span>
              {label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** On the icon of a phone's bar, at the end of a desk's row. */
function Badge({ number }: { number: number }) {
  return (
    <span
      aria-hidden="true"
      className="absolute -top-1.5 left-3 min-w-4.5 rounded-full bg-accent px-1 text-center text-[0.6875rem] leading-4.5 font-semibold text-on-accent md:top-1/2 md:right-2.5 md:left-auto md:-translate-y-1/2"
    >
      {number > 99 ? "99+" : number}
    </span>
  );
}

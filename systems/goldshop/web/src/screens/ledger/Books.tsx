import { Page } from "@stackyard/web-kit/ui";
import { type ComponentProps, useEffect, useRef } from "react";
import { NavLink } from "react-router-dom";

const BOOKS = [
  { to: "/ledger", label: "Accounts", end: true },
  { to: "/ledger/journal", label: "Journal", end: false },
  { to: "/ledger/trial-balance", label: "Trial balance", end: false },
  { to: "/ledger/profit-and-loss", label: "Profit and loss", end: false },
  { to: "/ledger/balance-sheet", label: "Balance sheet", end: false },
] as const;

/** What stays visible of the tab before the one that is open, where there is no room for all. */
const GAP = 40;

const tabClass = ({ isActive }: { isActive: boolean }): string =>
  "inline-flex min-h-11 items-center border-b-2 px-1 text-sm font-medium whitespace-nowrap transition-colors " +
  (isActive ? "border-accent text-ink" : "border-transparent text-muted hover:border-edge hover:text-ink");

/** A page of the books, with the way to the others. */
export function Books({ children, ...page }: ComponentProps<typeof Page>) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    const here = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (nav.current && here) nav.current.scrollLeft = here.offsetLeft - GAP;
  }, []);
  return (
    <Page {...page}>
      <nav
        ref={nav}
        aria-label="Books"
        className="relative -mx-4 mb-5 overflow-x-auto border-b border-line px-4 md:mx-0 md:px-0 print:hidden"
      >
        <ul className="-mb-px flex gap-5">
          {BOOKS.map(({ to, label, end }) => (
            <li key={to}>
              <NavLink to={to} end={end} className={tabClass}>
                {label}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      {children}
    </Page>
  );
}

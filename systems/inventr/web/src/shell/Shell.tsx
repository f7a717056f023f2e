import { Suspense, useEffect, useRef } from "react";
import { Outlet, useLocation } from "react-router-dom";

import { ErrorBoundary } from "../app/ErrorBoundary";
import { Brand } from "../ui/Brand";
import { Skeleton } from "../ui/Notice";
import { Announcements } from "./Announcements";
import { ConnectionBadge } from "./ConnectionBadge";
import { ConnectionBanner } from "./ConnectionBanner";
import { Navigation } from "./Navigation";
import { Person } from "./Person";

/** The frame around every screen: navigation at the side of a desk, at the bottom of a phone. */
export function Shell() {
  const { pathname } = useLocation();
  const main = useFocusOnArrival(pathname);
  return (
    <div className="md:grid md:min-h-dvh md:grid-cols-[14.5rem_1fr]">
      <a
        href="#main"
        className="sr-only z-30 rounded-lg bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <header className="flex items-center justify-between border-b border-line px-4 py-2 md:sticky md:top-0 md:h-dvh md:flex-col md:items-stretch md:justify-start md:border-r md:border-b-0 md:px-3 md:py-5">
        <Brand className="md:mb-6 md:px-2.5" />
        <Navigation />
        <div className="flex items-center gap-1 md:mt-auto md:flex-col md:items-stretch md:gap-3">
          <ConnectionBadge />
          <Person />
        </div>
      </header>
      <div className="min-w-0">
        <ConnectionBanner />
        <main ref={main} id="main" tabIndex={-1} className="mx-auto max-w-5xl px-4 pt-5 pb-28 md:px-8 md:pt-8 md:pb-12">
          <ErrorBoundary key={pathname}>
            <Suspense fallback={<Skeleton />}>
              <Outlet />
            </Suspense>
          </ErrorBoundary>
        </main>
      </div>
      <Announcements />
    </div>
  );
}

/** After a change of screen reading starts at its top; the first screen keeps the focus where the browser put it. */
function useFocusOnArrival(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}

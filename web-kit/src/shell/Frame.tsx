import { type ReactNode, Suspense, useEffect, useRef } from "react";
import { Outlet, useLocation } from "react-router-dom";

import { Skeleton } from "../ui/Notice";
import { Announcements } from "./Announcements";
import { ErrorBoundary } from "./ErrorBoundary";
import { useProduct } from "./product";

interface Props {
  navigation: ReactNode;
  /** What stands below the navigation of a desk, and beside the name on a phone. */
  aside: ReactNode;
  /** A line above every screen, such as one on the connection. */
  banner: ReactNode;
  /** What is at hand on every screen, such as a search over everything. */
  tools?: ReactNode;
}

/** The frame around every screen: navigation at the side of a desk, at the bottom of a phone. */
export function Frame({ navigation, aside, banner, tools }: Props) {
  const { Brand } = useProduct();
  const { pathname } = useLocation();
  const main = useFocusOnArrival(pathname);
  return (
    <div className="md:grid md:min-h-dvh md:grid-cols-[14.5rem_1fr] print:block">
      <a
        href="#main"
        className="sr-only z-30 rounded-lg bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <header className="print:hidden flex items-center justify-between border-b border-line px-4 py-2 md:sticky md:top-0 md:h-dvh md:flex-col md:items-stretch md:justify-start md:border-r md:border-b-0 md:px-3 md:py-5">
        <Brand className="md:mb-6 md:px-2.5" />
        {navigation}
        <div className="flex items-center gap-1 md:mt-auto md:flex-col md:items-stretch md:gap-3">{aside}</div>
      </header>
      <div className="min-w-0">
        <div className="print:hidden">
          {banner}
          {tools ? <div className="mx-auto max-w-5xl px-4 pt-3 md:px-8 md:pt-5">{tools}</div> : null}
        </div>
        <main ref={main} id="main" tabIndex={-1} className="mx-auto max-w-5xl px-4 pt-5 pb-28 md:px-8 md:pt-8 md:pb-12 print:max-w-none print:p-0">
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

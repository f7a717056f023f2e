import { useEffect } from "react";

import { describe } from "../api/errors";
import { session } from "../api/session";
import { Brand } from "../ui/Brand";
import { Button } from "../ui/Button";

const RETRY_MS = 10_000;

/** While it is not yet known who is here. */
export function Starting() {
  return (
    <div className="grid min-h-dvh place-items-center" aria-busy="true">
      <Brand className="text-2xl motion-safe:animate-pulse" />
      <span className="sr-only">Loading…</span>
    </div>
  );
}

const tryAgain = () => session.set({ status: "starting" });

/** The app has started without its server; it tries again by itself. */
export function Unreachable({ error }: { error: unknown }) {
  const { title, detail } = describe(error);

  useEffect(() => {
    const timer = setTimeout(tryAgain, RETRY_MS);
    window.addEventListener("online", tryAgain);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("online", tryAgain);
    };
  }, []);

  return (
    <main className="mx-auto grid min-h-dvh max-w-sm content-center px-6 text-center">
      <title>Offline · inventr</title>
      <Brand className="mx-auto text-2xl" />
      <h1 className="mt-8 text-xl font-semibold">{title}</h1>
      <p className="mt-2 text-sm text-muted">{detail}</p>
      <p className="mt-1 text-sm text-muted">Stock and orders are only shown when they are known to be current.</p>
      <Button className="mx-auto mt-6" onClick={tryAgain}>
        Try again
      </Button>
    </main>
  );
}

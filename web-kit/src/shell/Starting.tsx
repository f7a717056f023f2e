import { useEffect } from "react";

import { describe } from "../api/errors";
import { Button } from "../ui/Button";
import { useProduct } from "./product";

const RETRY_MS = 10_000;

/** While it is not yet known who is here. */
export function Starting() {
  const { Brand } = useProduct();
  return (
    <div className="grid min-h-dvh place-items-center" aria-busy="true">
      <Brand className="text-2xl motion-safe:animate-pulse" />
      <span className="sr-only">Loading…</span>
    </div>
  );
}

/** The app has started without its server; it tries again by itself. `retry` must stay the same. */
export function Unreachable({ error, retry }: { error: unknown; retry: () => void }) {
  const { title, detail } = describe(error);
  const { name, Brand, withoutServer } = useProduct();

  useEffect(() => {
    const timer = setTimeout(retry, RETRY_MS);
    window.addEventListener("online", retry);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("online", retry);
    };
  }, [retry]);

  return (
    <main className="mx-auto grid min-h-dvh max-w-sm content-center px-6 text-center">
      <title>{`Offline · ${name}`}</title>
      <Brand className="mx-auto text-2xl" />
      <h1 className="mt-8 text-xl font-semibold">{title}</h1>
      <p className="mt-2 text-sm text-muted">{detail}</p>
      <p className="mt-1 text-sm text-muted">{withoutServer}</p>
      <Button className="mx-auto mt-6" onClick={retry}>
        Try again
      </Button>
    </main>
  );
}

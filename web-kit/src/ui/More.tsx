import type { UseInfiniteQueryResult } from "@tanstack/react-query";

import { Button } from "./Button";

type Query = Pick<UseInfiniteQueryResult, "hasNextPage" | "isFetchingNextPage" | "fetchNextPage">;

/** The way to the next page of a list, while there is one. */
export function More({ query }: { query: Query }) {
  if (!query.hasNextPage) return null;
  return (
    <Button look="quiet" className="mt-4 w-full" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
      {query.isFetchingNextPage ? "Loading…" : "Show more"}
    </Button>
  );
}

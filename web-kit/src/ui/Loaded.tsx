import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { ErrorNotice, Skeleton } from "./Notice";

interface Props<T> {
  query: Pick<UseQueryResult<T>, "data" | "error" | "refetch">;
  children: (data: T) => ReactNode;
  skeleton?: ReactNode;
}

/** Shows what has been fetched; above it an error, when a later fetch failed; else that it is loading. */
export function Loaded<T>({ query, children, skeleton = <Skeleton /> }: Props<T>) {
  const { data, error } = query;
  return (
    <>
      {error ? (
        <div className="mb-4">
          <ErrorNotice error={error} onRetry={() => void query.refetch()} />
        </div>
      ) : null}
      {data === undefined ? (error ? null : skeleton) : children(data)}
    </>
  );
}

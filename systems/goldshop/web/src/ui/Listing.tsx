import { Button, Empty, Loaded, More } from "@stackyard/web-kit/ui";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { Rows } from "./Rows";

interface Props<T> {
  label: string;
  query: UseInfiniteQueryResult<InfiniteData<{ items: T[] }>>;
  /** A row for one of them. */
  row: (one: T) => ReactNode;
  /** What is said when there is nothing. */
  empty: string;
  /** The way back to everything, when a filter hides some. */
  onReset?: (() => void) | undefined;
}

/** A list with its further pages, that says when it is empty, loading, or could not be read. */
export function Listing<T>({ label, query, row, empty, onReset }: Props<T>) {
  return (
    <Loaded query={query}>
      {({ pages }) => {
        const all = pages.flatMap((page) => page.items);
        if (all.length === 0) return <Nothing empty={empty} onReset={onReset} />;
        return (
          <div className={query.isPlaceholderData ? "opacity-60 transition-opacity" : ""} aria-busy={query.isPlaceholderData}>
            <Rows label={label}>{all.map(row)}</Rows>
            <More query={query} />
          </div>
        );
      }}
    </Loaded>
  );
}

function Nothing({ empty, onReset }: { empty: string; onReset: (() => void) | undefined }) {
  if (!onReset) return <Empty title={empty} />;
  return (
    <Empty title="Nothing matches">
      <Button look="quiet" className="mt-3" onClick={onReset}>
        Show everything
      </Button>
    </Empty>
  );
}

import { describe } from "@stackyard/web-kit/api";
import type { UseQueryResult } from "@tanstack/react-query";

import type { Found } from "../api/types";
import { Picture } from "../ui/Picture";
import { KINDS, marked, REASONS } from "./found";

interface Props {
  id: string;
  isShown: boolean;
  query: Pick<UseQueryResult<{ query: string }>, "data" | "error" | "isFetching">;
  found: Found[];
  chosen: Found | undefined;
  onOpen: (one: Found) => void;
  onPoint: (place: number) => void;
}

/** What was found, below the field. */
export function FoundList({ id, isShown, query, found, chosen, onOpen, onPoint }: Props) {
  return (
    <div
      hidden={!isShown}
      className="absolute inset-x-0 top-full z-30 mt-1.5 max-h-[min(28rem,70dvh)] overflow-y-auto rounded-xl border border-line bg-surface shadow-xl"
    >
      <ul id={id} role="listbox" aria-label="Found" className={found.length > 0 ? "py-1.5" : ""}>
        {found.map((one, place) => (
          <li
            key={one.kind + one.id}
            id={`${id}-${place}`}
            role="option"
            aria-selected={one === chosen}
            // Before the field loses the focus, and the list with it.
            onPointerDown={(event) => event.preventDefault()}
            onPointerMove={() => onPoint(place)}
            onClick={() => onOpen(one)}
            className="flex cursor-pointer items-center gap-3 px-3 py-2 aria-selected:bg-accent-soft"
          >
            {one.kind === "item" ? <Picture source={one.thumbnail ?? null} alt="" className="size-10" /> : <Kind kind={one.kind} />}
            <span className="min-w-0 flex-1">
              <span className="block text-sm font-medium max-md:line-clamp-2 md:truncate">
                <Marked text={one.title} query={query.data?.query ?? ""} />
              </span>
              <span className="block text-xs text-muted max-md:line-clamp-2 md:truncate">
                {KINDS[one.kind]} · {one.subtitle}
                <span className="md:hidden"> · {REASONS[one.matched_by]}</span>
              </span>
            </span>
            <span className="shrink-0 rounded-full bg-sunken max-md:hidden px-2 py-0.5 text-[0.6875rem] text-muted">{REASONS[one.matched_by]}</span>
          </li>
        ))}
      </ul>
      <p role="status" className={found.length > 0 ? "sr-only" : "px-4 py-6 text-center text-sm text-muted"}>
        {statusOf(query, found.length)}
      </p>
    </div>
  );
}

function statusOf({ data, error, isFetching }: Props["query"], count: number): string {
  if (error) return describe(error).detail;
  if (!data || (isFetching && count === 0)) return "Searching…";
  return count === 0 ? `Nothing is called “${data.query}”.` : `${count} found.`;
}

function Marked({ text, query }: { text: string; query: string }) {
  return marked(text, query).map(({ piece, isMatch }, place) =>
    isMatch ? (
      <mark key={place} className="bg-transparent font-semibold text-accent underline decoration-2 underline-offset-2">
        {piece}
      </mark>
    ) : (
      piece
    ),
  );
}

const DRAWINGS: Record<Exclude<Found["kind"], "item">, string> = {
  partner: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.500 8a7.500 7.500 0 0 1 15 0",
  purchase: "M4 8.500 12 4l8 4.500v7L12 20l-8-4.500v-7Zm0 0 8 4.500 8-4.500M12 13v7",
  sale: "M6 3.500h12v17l-3-2-3 2-3-2-3 2v-17ZM9.500 8.500h5m-5 4h5",
  invoice: "M7 3.500h7l4 4v13H7v-17Zm7 0v4h4M10 12h5m-5 4h5",
};

function Kind({ kind }: { kind: Exclude<Found["kind"], "item"> }) {
  return (
    <span className="grid size-10 shrink-0 place-items-center rounded-lg border border-line bg-sunken text-muted">
      <svg viewBox="0 0 24 24" className="size-5" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" aria-hidden="true">
        <path d={DRAWINGS[kind]} />
      </svg>
    </span>
  );
}

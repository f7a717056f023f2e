import { momentText } from "@stackyard/web-kit/format";
import { Button, Card, Empty, Loaded, More, Page } from "@stackyard/web-kit/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router-dom";

import { changesQuery, type Recorded, RECORDED } from "../../api/figures";
import type { Change } from "../../api/types";
import { Choice } from "../../ui/Choice";
import { Pill } from "../../ui/Pill";
import { type Difference, differences, pageOf, titleOf } from "./differences";

const ACTIONS: Record<string, { word: string; look: "gold" | "plain" | "bad" }> = {
  INSERT: { word: "Added", look: "gold" },
  UPDATE: { word: "Changed", look: "plain" },
  DELETE: { word: "Removed", look: "bad" },
};

/** Who changed what and when, as the database has written it down by itself. */
export default function Changes() {
  const [params, setParams] = useSearchParams();
  const named = params.get("table") ?? "";
  const table = named in RECORDED ? (named as Recorded) : "";
  const row = params.get("row") ?? "";
  const query = useInfiniteQuery(changesQuery(table, row));
  return (
    <Page title="Changes">
      <div role="search" aria-label="Changes" className="mb-4 flex flex-wrap items-center gap-3">
        <div className="w-48">
          <Choice label="Of what" value={table} onChoose={(value) => setParams(value ? { table: value } : {}, { replace: true })}>
            <option value="">Everything</option>
            {Object.entries(RECORDED).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </Choice>
        </div>
        {row ? (
          <Button look="quiet" onClick={() => setParams(table ? { table } : {}, { replace: true })}>
            Show those of all rows
          </Button>
        ) : null}
      </div>
      <Loaded query={query}>
        {({ pages }) => {
          const changes = pages.flatMap(({ items }) => items);
          if (changes.length === 0) return <Empty title="No changes">Nothing of this kind has been changed yet.</Empty>;
          return (
            <div className={query.isPlaceholderData ? "opacity-60 transition-opacity" : ""} aria-busy={query.isPlaceholderData}>
              <Card>
                <ol aria-label="Changes" className="divide-y divide-line">
                  {changes.map((change) => (
                    <Entry key={change.id} change={change} />
                  ))}
                </ol>
              </Card>
              <More query={query} />
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Entry({ change }: { change: Change }) {
  const { action, actor, at, table, row_key } = change;
  const { word, look } = ACTIONS[action] ?? { word: action, look: "plain" as const };
  const page = pageOf(change);
  const id = row_key?.["id"];
  return (
    <li className="grid gap-x-6 gap-y-2 px-4 py-4 md:grid-cols-[11rem_minmax(0,1fr)] md:px-5">
      <div className="text-sm">
        <p className="font-medium">{actor ?? "The system"}</p>
        <p className="text-xs text-muted">
          <time dateTime={at}>{momentText(at)}</time>
        </p>
      </div>
      <div className="min-w-0">
        <h2 className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-sm">
          <Pill look={look}>{word}</Pill>
          {page ? (
            <Link to={page} className="font-medium hover:text-accent hover:underline">
              {titleOf(change)}
            </Link>
          ) : (
            <span className="font-medium">{titleOf(change)}</span>
          )}
          {typeof id === "string" ? (
            <Link to={`/changes?table=${table}&row=${id}`} className="text-xs text-muted underline-offset-2 hover:text-ink hover:underline">
              its history
            </Link>
          ) : null}
        </h2>
        <Differences all={differences(change)} isChange={action === "UPDATE"} />
      </div>
    </li>
  );
}

function Differences({ all, isChange }: { all: Difference[]; isChange: boolean }) {
  if (all.length === 0) return <p className="mt-1.5 text-xs text-muted">Only what the system keeps for itself.</p>;
  return (
    <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
      {all.map(({ field, before, after }) => (
        <div key={field} className="contents">
          <dt className="text-muted first-letter:uppercase">{field}</dt>
          <dd className="min-w-0 break-words">
            {isChange ? <Was value={before} /> : null}
            {isChange ? <span aria-hidden="true"> → </span> : null}
            {isChange ? <Is value={after} /> : <span>{after ?? before}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const Was = ({ value }: { value: string | null }) => (
  <del className="rounded bg-bad-soft px-1 text-bad decoration-bad/60">
    <span className="sr-only">was </span>
    {value ?? "nothing"}
  </del>
);

const Is = ({ value }: { value: string | null }) => (
  <ins className="rounded bg-good-soft px-1 text-good no-underline">
    <span className="sr-only">is now </span>
    {value ?? "nothing"}
  </ins>
);

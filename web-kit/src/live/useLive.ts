import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { LiveConnection } from "./connection";

/** Lists that an event may have changed are fetched again at most this often. */
const REFETCH_EVERY_MS = 2_000;

/** Asks for all shown queries of a subject to be fetched again, soon. */
export type Refetch = (subject: string) => void;

export interface Live<Event> {
  token: (fresh: boolean) => Promise<string>;
  /** What an event means here: what it changes, and what has to be fetched again. */
  receive: (event: Event, refetch: Refetch) => void;
  /** The subject of a query, as `receive` names it. */
  subjectOf: (key: QueryKey) => string;
}

/**
 * Keeps the live connection of this origin (/api/ws) open while the component is shown; `live` must stay the same.
 * At each (re)connection all that the screens show is fetched again.
 */
export function useLive<Event extends { type: string }>(live: Live<Event>): void {
  const client = useQueryClient();
  useEffect(() => {
    const refetch = gatheredRefetch(client, live.subjectOf);
    const connection = new LiveConnection<Event>({
      url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/ws`,
      token: live.token,
      onReady: () => void client.invalidateQueries(),
      onEvent: (event) => live.receive(event, refetch.ask),
    });
    connection.start();
    return () => {
      refetch.stop();
      connection.stop();
    };
  }, [client, live]);
}

/** Collects what has to be fetched again and does it in one go. Only queries that a screen shows ask the server. */
function gatheredRefetch(client: QueryClient, subjectOf: (key: QueryKey) => string) {
  const subjects = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    timer = undefined;
    const asked = new Set(subjects);
    subjects.clear();
    void client.invalidateQueries({ predicate: ({ queryKey }) => asked.has(subjectOf(queryKey)) });
  };
  return {
    ask: (subject: string) => {
      subjects.add(subject);
      timer ??= setTimeout(run, REFETCH_EVERY_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

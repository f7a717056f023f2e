import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { lastingToken } from "../api/session";
import { announceStock } from "./announcer";
import { LiveConnection, type LiveEvent } from "./connection";
import { liveStock } from "./stock";

/** Lists that an event may have changed are fetched again at most this often. */
const REFETCH_EVERY_MS = 2_000;

/** Keeps the live connection open while the component is shown. */
export function useLiveUpdates(): void {
  const client = useQueryClient();
  useEffect(() => {
    const refetch = gatheredRefetch(client);
    const connection = new LiveConnection({
      url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/ws`,
      token: lastingToken,
      onReady: () => void client.invalidateQueries(),
      onEvent: (event) => receive(event, refetch.ask),
    });
    connection.start();
    return () => {
      refetch.stop();
      connection.stop();
    };
  }, [client]);
}

function receive(event: LiveEvent, refetch: (subject: string) => void): void {
  if (event.type === "order") {
    refetch("orders");
    refetch("revenue");
    return;
  }
  if (!liveStock.apply(event.product_id, event)) return;
  if (liveStock.isShown(event.product_id)) announceStock(event.sku, event.stock);
  refetch("low-stock");
  refetch(`movements ${event.product_id}`);
}

/** Collects what has to be fetched again and does it in one go. Only queries that a screen shows ask the server. */
function gatheredRefetch(client: QueryClient) {
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

/** A list of products changes its members with stock only when it is the list of low stock. */
function subjectOf([name, detail]: readonly unknown[]): string {
  if (name === "products") return (detail as { lowStock: boolean }).lowStock ? "low-stock" : "products";
  return name === "movements" ? `movements ${String(detail)}` : String(name);
}

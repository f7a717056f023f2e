import { QueryClient } from "@tanstack/react-query";

import { ApiError, isTransient } from "./errors";

/** Queries run even when the browser believes it is offline: a failed fetch tells the truth, a paused one only waits. */
export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always",
        staleTime: 15_000,
        retry: (failures, error) => failures < 2 && isTransient(error),
        retryDelay: (failures, error) => {
          const asked = error instanceof ApiError ? error.retryAfter : null;
          return Math.min(10_000, asked === null ? 600 * 2 ** failures : asked * 1000);
        },
      },
      mutations: { networkMode: "always", retry: false },
    },
  });

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, told } from "./client";

/** What the reports, the books and the trail of changes are read with. */

const nextCursor = (page: { next_cursor: string | null }) => page.next_cursor;

/** From its first to its last day, both as ISO dates and included. */
export interface Days {
  from: string;
  to: string;
}

export type By = "day" | "week" | "month";

export const dashboardQuery = queryOptions({
  queryKey: ["dashboard"],
  queryFn: ({ signal }) => told(api.GET("/api/reports/dashboard", { signal })),
});

export const salesReportQuery = (days: Days, by: By) =>
  queryOptions({
    queryKey: ["reports", "sales", days, by],
    queryFn: ({ signal }) => told(api.GET("/api/reports/sales", { params: { query: { ...days, by } }, signal })),
    placeholderData: keepPreviousData,
  });

export const topQuery = (days: Days, by: "item" | "category", limit = 8) =>
  queryOptions({
    queryKey: ["reports", "top", days, by, limit],
    queryFn: ({ signal }) => told(api.GET("/api/reports/top", { params: { query: { ...days, by, limit } }, signal })),
    placeholderData: keepPreviousData,
  });

export const stockValueQuery = queryOptions({
  queryKey: ["reports", "stock-value"],
  queryFn: ({ signal }) => told(api.GET("/api/reports/stock-value", { signal })),
});

export const aboutQuery = queryOptions({
  queryKey: ["about"],
  queryFn: ({ signal }) => told(api.GET("/api/reports/about", { signal })),
  staleTime: Infinity,
});

export const accountsQuery = queryOptions({
  queryKey: ["ledger", "accounts"],
  queryFn: async ({ signal }) => (await told(api.GET("/api/ledger/accounts", { signal }))).items,
});

/** Which transactions; "" is no wish. */
export interface JournalFilter extends Days {
  account: string;
}

export const journalQuery = ({ account, from, to }: JournalFilter) =>
  infiniteQueryOptions({
    queryKey: ["ledger", "transactions", account, from, to],
    queryFn: ({ pageParam, signal }) => {
      const query = { cursor: pageParam, ...(account && { account }), ...(from && { from }), ...(to && { to }) };
      return told(api.GET("/api/ledger/transactions", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: nextCursor,
    placeholderData: keepPreviousData,
  });

export const transactionQuery = (transaction_id: string) =>
  queryOptions({
    queryKey: ["ledger", "transaction", transaction_id],
    queryFn: ({ signal }) => told(api.GET("/api/ledger/transactions/{transaction_id}", { params: { path: { transaction_id } }, signal })),
  });

export const trialBalanceQuery = (at: string) =>
  queryOptions({
    queryKey: ["ledger", "trial-balance", at],
    queryFn: ({ signal }) => told(api.GET("/api/ledger/trial-balance", { params: { query: { at } }, signal })),
    placeholderData: keepPreviousData,
  });

export const profitAndLossQuery = (days: Days) =>
  queryOptions({
    queryKey: ["ledger", "profit-and-loss", days],
    queryFn: ({ signal }) => told(api.GET("/api/ledger/profit-and-loss", { params: { query: days }, signal })),
    placeholderData: keepPreviousData,
  });

export const balanceSheetQuery = (at: string) =>
  queryOptions({
    queryKey: ["ledger", "balance-sheet", at],
    queryFn: ({ signal }) => told(api.GET("/api/ledger/balance-sheet", { params: { query: { at } }, signal })),
    placeholderData: keepPreviousData,
  });

/** The tables whose changes are recorded, with what people call one row of them. */
export const RECORDED = {
  items: "Item",
  variants: "Variant",
  categories: "Category",
  warehouses: "Warehouse",
  partners: "Partner",
  purchases: "Purchase",
  sales: "Sale",
  transactions: "Transaction",
  users: "Person",
} as const;

export type Recorded = keyof typeof RECORDED;

export const changesQuery = (table: Recorded | "", row: string) =>
  infiniteQueryOptions({
    queryKey: ["changes", table, row],
    queryFn: ({ pageParam, signal }) => {
      const query = { cursor: pageParam, limit: 30, ...(table && { table }), ...(row && { row }) };
      return told(api.GET("/api/changes", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: nextCursor,
    placeholderData: keepPreviousData,
  });

export const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ["search", q],
    queryFn: ({ signal }) => told(api.GET("/api/search", { params: { query: { q, limit: 6 } }, signal })),
    placeholderData: keepPreviousData,
    enabled: q !== "",
  });

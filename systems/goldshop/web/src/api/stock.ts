import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, told } from "./client";
import { nextCursor } from "./queries";
import type { LabelLayout, Movement } from "./types";

/** Where goods lie, what moved them, and finding them by a code. */

export const warehousesQuery = queryOptions({
  queryKey: ["warehouses"],
  queryFn: async ({ signal }) => (await told(api.GET("/api/warehouses", { signal }))).items,
  staleTime: 5 * 60_000,
});

export const unitsQuery = queryOptions({
  queryKey: ["units"],
  queryFn: ({ signal }) => told(api.GET("/api/units", { signal })),
  staleTime: Infinity,
});

/** What a scanned or typed code stands for. */
export const lookupQuery = (code: string) =>
  queryOptions({
    queryKey: ["lookup", code],
    queryFn: ({ signal }) => told(api.GET("/api/lookup", { params: { query: { code } }, signal })),
  });

/** Which movements to list, as the address has it; "" is no wish. The dates are days of this place. */
export interface MovementFilter {
  variant: string;
  warehouse: string;
  reason: "" | Movement["reason"];
  from: string;
  to: string;
}

export const movementsQuery = (filter: MovementFilter) =>
  infiniteQueryOptions({
    queryKey: ["movements", filter],
    queryFn: ({ pageParam, signal }) => {
      const { variant, warehouse, reason, from, to } = filter;
      const named = { ...(variant && { variant }), ...(warehouse && { warehouse }), ...(reason && { reason }) };
      const query = { ...named, ...period(from, to), cursor: pageParam };
      return told(api.GET("/api/movements", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: nextCursor,
    placeholderData: keepPreviousData,
  });

/** From the first moment of a day to the last of another, both "2026-11-21" or "". */
export function period(from: string, to: string): { from?: string; to?: string } {
  return { ...(from && { from: startOf(from, 0) }), ...(to && { to: startOf(to, 1) }) };
}

function startOf(day: string, later: number): string {
  const start = new Date(`${day}T00:00`);
  start.setDate(start.getDate() + later);
  return start.toISOString();
}

export interface LabelLine {
  variant_id: string;
  copies: number;
}

/** Labels to print, as a PDF. */
export const labelsPdf = (variants: LabelLine[], layout: LabelLayout): Promise<Blob> =>
  told(api.POST("/api/labels", { body: { variants, layout }, parseAs: "blob" }));

/** The QR code of a variant, as an address that an image can have. */
export const qrQuery = (variant_id: string) =>
  queryOptions({
    queryKey: ["qr", variant_id],
    queryFn: async ({ signal }) => {
      const path = { params: { path: { variant_id } }, parseAs: "text", signal } as const;
      const drawing: string = await told(api.GET("/api/variants/{variant_id}/qr.svg", path));
      return `data:image/svg+xml,${encodeURIComponent(drawing)}`;
    },
    staleTime: Infinity,
  });

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, told } from "./client";
import { nextCursor } from "./queries";
import { period } from "./stock";
import type { NewPurchase, NewSale, Partner, Payment, Purchase } from "./types";

/** Buying and selling, and with whom. */

type Once = { "Idempotency-Key": string };

export interface SaleFilter {
  payment: "" | Payment;
  from: string;
  to: string;
}

export const salesQuery = ({ payment, from, to }: SaleFilter) =>
  infiniteQueryOptions({
    queryKey: ["sales", { payment, from, to }],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...(payment && { payment }), ...period(from, to), cursor: pageParam };
      return told(api.GET("/api/sales", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: nextCursor,
    placeholderData: keepPreviousData,
  });

export const saleQuery = (sale_id: string) =>
  queryOptions({
    queryKey: ["sale", sale_id],
    queryFn: ({ signal }) => told(api.GET("/api/sales/{sale_id}", { params: { path: { sale_id } }, signal })),
  });

/** What a sale makes old. */
export const SALE_TOUCHES = ["sales", "sale", "items", "item", "lookup", "movements", "dashboard", "ledger", "reports"];

export const sell = (body: NewSale, header: Once) => told(api.POST("/api/sales", { body, params: { header } }));

export const takeBack = (sale_id: string) => told(api.POST("/api/sales/{sale_id}/return", { params: { path: { sale_id } } }));

export const paySale = (sale_id: string) => told(api.POST("/api/sales/{sale_id}/payment", { params: { path: { sale_id } } }));

export const invoicePdf = (sale_id: string): Promise<Blob> =>
  told(api.GET("/api/sales/{sale_id}/invoice.pdf", { params: { path: { sale_id } }, parseAs: "blob" }));

export const purchasesQuery = (status: "" | Purchase["status"]) =>
  infiniteQueryOptions({
    queryKey: ["purchases", status],
    queryFn: ({ pageParam, signal }) =>
      told(api.GET("/api/purchases", { params: { query: { ...(status && { status }), cursor: pageParam } }, signal })),
    initialPageParam: "",
    getNextPageParam: nextCursor,
    placeholderData: keepPreviousData,
  });

export const purchaseQuery = (purchase_id: string) =>
  queryOptions({
    queryKey: ["purchase", purchase_id],
    queryFn: ({ signal }) => told(api.GET("/api/purchases/{purchase_id}", { params: { path: { purchase_id } }, signal })),
  });

/** What the arrival of goods makes old. */
export const PURCHASE_TOUCHES = ["purchases", "purchase", "items", "item", "lookup", "movements", "dashboard", "ledger", "reports"];

export const orderGoods = (body: NewPurchase, header: Once) => told(api.POST("/api/purchases", { body, params: { header } }));

export const receiveGoods = (purchase_id: string) =>
  told(api.POST("/api/purchases/{purchase_id}/receive", { params: { path: { purchase_id } } }));

export const cancelPurchase = (purchase_id: string) =>
  told(api.POST("/api/purchases/{purchase_id}/cancel", { params: { path: { purchase_id } } }));

export interface PartnerFilter {
  kind: "" | Partner["kind"];
  q: string;
}

export const partnersQuery = ({ kind, q }: PartnerFilter) =>
  infiniteQueryOptions({
    queryKey: ["partners", { kind, q }],
    queryFn: ({ pageParam, signal }) =>
      told(api.GET("/api/partners", { params: { query: { q, ...(kind && { kind }), cursor: pageParam } }, signal })),
    initialPageParam: "",
    getNextPageParam: nextCursor,
    placeholderData: keepPreviousData,
  });

export const partnerQuery = (partner_id: string) =>
  queryOptions({
    queryKey: ["partner", partner_id],
    queryFn: ({ signal }) => told(api.GET("/api/partners/{partner_id}", { params: { path: { partner_id } }, signal })),
  });

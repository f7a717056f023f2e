import { vi } from "vitest";

import type { Product, TokenAnswer } from "../api/types";

/** A request as the server sees it. */
export interface Seen {
  method: string;
  path: string;
  token: string | null;
  key: string | null;
  body: unknown;
}

type Reply = (request: Seen) => Response | Promise<Response>;

/** Answers every fetch with `reply` and keeps what was asked. */
export function serve(reply: Reply): Seen[] {
  const seen: Seen[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    const request: Seen = {
      method: init.method ?? "GET",
      path,
      token: headers.get("Authorization")?.replace("Bearer ", "") ?? null,
      key: headers.get("Idempotency-Key"),
      body: init.body ? JSON.parse(init.body as string) : null,
    };
    seen.push(request);
    return await reply(request);
  });
  return seen;
}

export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

export const problem = (status: number, title: string, more: object = {}): Response => json({ title, status, ...more }, status);

export const grant = (token: string): TokenAnswer => ({
  access_token: token,
  token_type: "bearer",
  expires_in: 900,
  user: { id: "u1", email: "clerk@inventr.example", name: "Ines", role: "clerk" },
});

export const mug: Product = {
  id: "p-mug",
  sku: "MUG-01",
  name: "Enamel mug",
  description: null,
  category: "Kitchen",
  price: "12.50",
  currency: "EUR",
  stock: 24,
  reorder_level: 10,
  updated_at: "2026-11-21T10:00:00.000000Z",
};

export const towel: Product = { ...mug, id: "p-towel", sku: "TWL-01", name: "Linen towel", price: "9.90", stock: 1 };

import { problemOf } from "@stackyard/web-kit/api";
import createClient from "openapi-fetch";

import type { paths } from "./schema";
import { access } from "./session";

/**
 * The API as its OpenAPI document types it. A refusal rejects with ApiError, silence with NetworkError;
 * the token is renewed once after a 401.
 */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: access.fetch });

api.use({
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
  },
});

/** What the server said: `told(api.GET("/api/items", …))`. */
export async function told<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

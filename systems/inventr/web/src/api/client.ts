import { problemOf } from "./errors";
import { type Call, send } from "./http";
import { currentToken, renew } from "./session";

/** Asks the API as the signed-in user. After a 401 the token is renewed once and the request sent once more. */
export async function ask<T>(path: string, call: Omit<Call, "token"> = {}): Promise<T> {
  const used = currentToken();
  let response = await send(path, { ...call, token: used });
  if (response.status === 401) {
    await renew(used);
    response = await send(path, { ...call, token: currentToken() });
  }
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

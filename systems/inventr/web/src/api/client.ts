import { access } from "./session";

/** Asks the API as the signed-in user. After a 401 the token is renewed once and the request sent once more. */
export const ask = access.ask;

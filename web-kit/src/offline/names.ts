/** The store of last-read answers. */
export const READINGS = "readings";
/** Where the person whom the store belongs to is written down: an address that no server has. */
export const READER = "/__reader";
/** The header by which an answer says that it is an earlier one: when it was read, ISO 8601. */
export const READ_AT = "X-Read-At";

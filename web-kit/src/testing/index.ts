export { json, problem, type Seen, serve } from "./server";

export { readAt } from "./readings";

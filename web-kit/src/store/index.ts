export { type Observable, observable, useObservable } from "./observable";

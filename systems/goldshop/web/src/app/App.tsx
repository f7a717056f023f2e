import { Entrance } from "@stackyard/web-kit/shell";
import { lazy } from "react";

import { access } from "../api/session";
import { clearBasket } from "../sell/basketStore";
import { queryClient } from "./queryClient";

const loadWorkplace = () => import("./Workplace");
const Workplace = lazy(loadWorkplace);

export function App() {
  return (
    <Entrance session={access} prefetch={loadWorkplace} forget={forgetPerson}>
      {(user) => <Workplace user={user} />}
    </Entrance>
  );
}

/** Nothing that one person has seen or begun is left for the next. */
function forgetPerson(): void {
  queryClient.clear();
  clearBasket();
  sessionStorage.clear();
}

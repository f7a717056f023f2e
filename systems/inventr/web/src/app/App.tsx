import { lazy, Suspense, useEffect } from "react";

import { resume, session } from "../api/session";
import { clearBasket } from "../order/basketStore";
import { liveStock } from "../live/stock";
import { SignIn } from "../screens/signin/SignIn";
import { useObservable } from "../store/observable";
import { queryClient } from "./queryClient";
import { Starting, Unreachable } from "./Starting";

const loadWorkplace = () => import("./Workplace");
const Workplace = lazy(loadWorkplace);

/** The first fork: who is signed in decides what there is to see. */
export function App() {
  const state = useObservable(session);
  const { status } = state;

  useEffect(() => {
    if (status === "starting") {
      // Fetched while the server is asked who is here; a failure shows when the part is needed.
      loadWorkplace().catch(() => undefined);
      void resume();
    }
    if (status === "signed-out") forgetPerson();
  }, [status]);

  return (
    <Suspense fallback={<Starting />}>
      {state.status === "starting" ? <Starting /> : null}
      {state.status === "unreachable" ? <Unreachable error={state.error} /> : null}
      {state.status === "signed-out" ? <SignIn ended={state.ended} /> : null}
      {state.status === "signed-in" ? <Workplace user={state.user} /> : null}
    </Suspense>
  );
}

/** Nothing that one person has seen or begun is left for the next. */
function forgetPerson(): void {
  queryClient.clear();
  liveStock.clear();
  clearBasket();
}

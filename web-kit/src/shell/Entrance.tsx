import { type ReactNode, Suspense, useEffect } from "react";

import type { Session } from "../api/session";
import { useObservable } from "../store/observable";
import { SignIn } from "./SignIn";
import { Starting, Unreachable } from "./Starting";

interface Props<User> {
  session: Session<User>;
  /** Fetches the part behind the sign-in while the server is asked who is here. */
  prefetch: () => Promise<unknown>;
  /** Called when nobody is signed in: nothing that one person has seen or begun is left for the next. */
  forget: () => void;
  /** What a signed-in person sees; it may be lazy. */
  children: (user: User) => ReactNode;
}

/** The first fork: who is signed in decides what there is to see. `prefetch` and `forget` must stay the same. */
export function Entrance<User>({ session, prefetch, forget, children }: Props<User>) {
  const state = useObservable(session.state);
  const { status } = state;

  useEffect(() => {
    if (status === "starting") {
      // A failure shows when the part is needed.
      prefetch().catch(() => undefined);
      void session.resume();
    }
    if (status === "signed-out") forget();
  }, [status, session, prefetch, forget]);

  return (
    <Suspense fallback={<Starting />}>
      {state.status === "starting" ? <Starting /> : null}
      {state.status === "unreachable" ? <Unreachable error={state.error} retry={session.retry} /> : null}
      {state.status === "signed-out" ? <SignIn signIn={session.signIn} ended={state.ended} /> : null}
      {state.status === "signed-in" ? children(state.user) : null}
    </Suspense>
  );
}

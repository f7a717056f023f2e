import { Session } from "@stackyard/web-kit/api";

import type { User } from "./types";

/** Who is signed in here. The access token stays in its memory. */
export const access = new Session<User>({ name: "inventr" });

export const { state: session, currentToken, lastingToken, signIn, signOut, resume } = access;

import { Session } from "@stackyard/web-kit/api";

import type { User } from "./types";

/** Who is signed in here. The access token stays in its memory; what was read stays in this browser until the sign-out. */
export const access = new Session<User>({ name: "goldshop", keepsReadings: true });

import { personContext } from "@stackyard/web-kit/shell";

import type { User } from "../api/types";

export const { UserProvider, useUser } = personContext<User>();

/** Whether the person may change stock and cancel orders. The server decides; this only hides what it would refuse. */
export const useIsManager = (): boolean => useUser().role !== "clerk";

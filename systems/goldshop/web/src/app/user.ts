import { personContext } from "@stackyard/web-kit/shell";

import type { User } from "../api/types";

export const { UserProvider, useUser } = personContext<User>();

/** Whether the person may change prices, items and the books. The server decides; this only hides what it would refuse. */
export const useIsManager = (): boolean => useUser().role !== "clerk";

import { createContext, useContext } from "react";

import type { User } from "../api/types";

const Person = createContext<User | null>(null);

export const UserProvider = Person.Provider;

/** Who is signed in. Throws outside the part of the app that needs a signed-in person. */
export function useUser(): User {
  const user = useContext(Person);
  if (!user) throw new Error("There is no signed-in person here.");
  return user;
}

/** Whether the person may change stock and cancel orders. The server decides; this only hides what it would refuse. */
export const useIsManager = (): boolean => useUser().role !== "clerk";

import { createContext, useContext } from "react";

/** A context for the person who is signed in, of the app's own kind. */
export function personContext<User>() {
  const Person = createContext<User | null>(null);
  return {
    UserProvider: Person.Provider,
    /** Who is signed in. Throws outside the part of the app that needs a signed-in person. */
    useUser: (): User => {
      const user = useContext(Person);
      if (!user) throw new Error("There is no signed-in person here.");
      return user;
    },
  };
}

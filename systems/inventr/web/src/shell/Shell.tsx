import { ConnectionBadge, ConnectionBanner, Frame, Person } from "@stackyard/web-kit/shell";

import { signOut } from "../api/session";
import { useUser } from "../app/user";
import { Navigation } from "./Navigation";

const WORDS = {
  never: "Stock is shown as it was when this page loaded it.",
  since: "Stock may have changed since.",
};

export function Shell() {
  const { name, role } = useUser();
  return (
    <Frame
      navigation={<Navigation />}
      banner={<ConnectionBanner words={WORDS} />}
      aside={
        <>
          <ConnectionBadge of="Stock updates" />
          <Person name={name} role={role} signOut={signOut} />
        </>
      }
    />
  );
}

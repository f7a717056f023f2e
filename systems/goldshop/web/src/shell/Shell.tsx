import { ConnectionBadge, ConnectionBanner, Frame, Navigation, Person, ThemeButton } from "@stackyard/web-kit/shell";

import { access } from "../api/session";
import { useIsManager, useUser } from "../app/user";
import { PLACES } from "./places";
import { Search } from "./Search";

const WORDS = {
  never: "The screens show the shop as it was when they loaded it.",
  since: "Stock and figures may have changed since.",
};

export function Shell() {
  const { name, role } = useUser();
  const isManager = useIsManager();
  return (
    <Frame
      navigation={<Navigation places={PLACES.filter(({ managers = false }) => isManager || !managers)} />}
      banner={<ConnectionBanner words={WORDS} />}
      tools={<Search />}
      aside={
        <>
          <div className="flex items-center justify-between">
            <ConnectionBadge of="Updates" />
            <ThemeButton />
          </div>
          <Person name={name} role={role} to="/account" signOut={access.signOut} />
        </>
      }
    />
  );
}

import { buttonClass, Drawing } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

const ACTIONS = [
  { to: "/sell", label: "Sell", look: "primary", drawing: "M6 8h12l-1 12H7L6 8Zm3 0a3 3 0 0 1 6 0" },
  { to: "/purchases?status=ordered", label: "Receive", look: "light", drawing: "M4 13v6.500h16V13M12 4v10m-4-4 4 4 4-4" },
  { to: "/lookup", label: "Look up", look: "light", drawing: "M4 6v12M7.500 6v12M11 6v12M13.500 6v12M17 6v12M20 6v12" },
] as const;

/** What people come here to do. */
export function QuickActions() {
  return (
    <nav aria-label="Quick actions" className="mb-6 grid grid-cols-3 gap-2 md:flex md:gap-3">
      {ACTIONS.map(({ to, label, look, drawing }) => (
        <Link key={to} to={to} className={buttonClass(look, "max-md:min-h-14 max-md:flex-col max-md:gap-1 max-md:px-2 max-md:py-2 md:px-6")}>
          <Drawing path={drawing} />
          {label}
        </Link>
      ))}
    </nav>
  );
}

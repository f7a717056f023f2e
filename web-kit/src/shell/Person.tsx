import { Link } from "react-router-dom";

import { Drawing, drawings } from "../ui/Icon";

interface Props {
  name: string;
  role: string;
  /** Where a person's own account is, when there is such a page. */
  to?: string;
  signOut: () => Promise<void>;
}

/** Who is at work, and the way out. */
export function Person({ name, role, to, signOut }: Props) {
  return (
    <div className="flex items-center gap-2 md:border-t md:border-line md:pt-3 md:pl-2.5">
      <p className="hidden min-w-0 flex-1 md:block">
        {to ? (
          <Link to={to} className="block truncate text-sm font-medium hover:text-accent hover:underline">
            {name}
          </Link>
        ) : (
          <span className="block truncate text-sm font-medium">{name}</span>
        )}
        <span className="block text-xs text-muted capitalize">{role}</span>
      </p>
      <button
        type="button"
        onClick={() => void signOut()}
        aria-label={`Sign out ${name}`}
        title="Sign out"
        className="grid size-11 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
      >
        <Drawing path={drawings.signOut} />
      </button>
    </div>
  );
}

import { signOut } from "../api/session";
import { useUser } from "../app/user";
import { Icon } from "../ui/Icon";

/** Who is at work, and the way out. */
export function Person() {
  const { name, role } = useUser();
  return (
    <div className="flex items-center gap-2 md:border-t md:border-line md:pt-3 md:pl-2.5">
      <p className="hidden min-w-0 flex-1 md:block">
        <span className="block truncate text-sm font-medium">{name}</span>
        <span className="block text-xs text-muted capitalize">{role}</span>
      </p>
      <button
        type="button"
        onClick={() => void signOut()}
        aria-label={`Sign out ${name}`}
        title="Sign out"
        className="grid size-11 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
      >
        <Icon name="signOut" />
      </button>
    </div>
  );
}

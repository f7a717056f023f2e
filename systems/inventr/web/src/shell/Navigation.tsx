import { NavLink } from "react-router-dom";

import { pieces } from "../order/basket";
import { useBasket } from "../order/basketStore";
import { Icon, type IconName } from "../ui/Icon";

const PLACES: { to: string; label: string; icon: IconName }[] = [
  { to: "/products", label: "Products", icon: "products" },
  { to: "/order", label: "New order", icon: "order" },
  { to: "/orders", label: "Orders", icon: "orders" },
  { to: "/revenue", label: "Revenue", icon: "revenue" },
];

const linkClass = ({ isActive }: { isActive: boolean }): string =>
  "flex min-h-16 flex-col items-center justify-center gap-0.5 text-xs font-medium transition-colors " +
  "md:relative md:min-h-10 md:flex-row md:justify-start md:gap-3 md:rounded-lg md:px-2.5 md:text-sm " +
  (isActive ? "text-accent md:bg-accent-soft md:text-accent-strong" : "text-muted hover:text-ink md:hover:bg-sunken");

/** One navigation: a bar at the bottom of a phone, a column on a desk. */
export function Navigation() {
  const inBasket = pieces(useBasket());
  return (
    <nav
      aria-label="Main"
      className="safe-bottom fixed inset-x-0 bottom-0 z-20 border-t border-line bg-surface md:static md:border-0 md:bg-transparent md:pb-0"
    >
      <ul className="grid grid-cols-4 md:grid-cols-1 md:gap-0.5">
        {PLACES.map(({ to, label, icon }) => (
          <li key={to}>
            <NavLink to={to} className={linkClass}>
              <span className="relative md:static">
                <Icon name={icon} />
                {to === "/order" && inBasket > 0 ? <BasketCount number={inBasket} /> : null}
              </span>
              {label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** On the icon of a phone's bar, at the end of a desk's row. Only for the eye: additions are announced when they happen, and the order's page says the rest. */
function BasketCount({ number }: { number: number }) {
  return (
    <span
      aria-hidden="true"
      className="absolute -top-1.5 left-3 min-w-4.5 rounded-full bg-accent px-1 text-center text-[0.6875rem] leading-4.5 font-semibold text-on-accent md:top-1/2 md:right-2.5 md:left-auto md:-translate-y-1/2"
    >
      {number > 99 ? "99+" : number}
    </span>
  );
}

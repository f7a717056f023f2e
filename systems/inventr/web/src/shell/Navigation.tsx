import { Navigation as Bar } from "@stackyard/web-kit/shell";

import { pieces } from "../order/basket";
import { useBasket } from "../order/basketStore";
import { places } from "../ui/Icon";

export function Navigation() {
  const inBasket = pieces(useBasket());
  return (
    <Bar
      places={[
        { to: "/products", label: "Products", drawing: places.products },
        { to: "/order", label: "New order", drawing: places.order, badge: inBasket },
        { to: "/orders", label: "Orders", drawing: places.orders },
        { to: "/revenue", label: "Revenue", drawing: places.revenue },
      ]}
    />
  );
}

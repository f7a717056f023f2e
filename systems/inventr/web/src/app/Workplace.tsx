import { lazy } from "react";
import { Navigate, Route, Routes } from "react-router-dom";

import type { User } from "../api/types";
import { useLiveUpdates } from "../live/useLiveUpdates";
import { Shell } from "../shell/Shell";
import { UserProvider } from "./user";

const Products = lazy(() => import("../screens/products/Products"));
const ProductDetail = lazy(() => import("../screens/product/ProductDetail"));
const NewOrder = lazy(() => import("../screens/order/NewOrder"));
const Orders = lazy(() => import("../screens/orders/Orders"));
const OrderDetail = lazy(() => import("../screens/orders/OrderDetail"));
const Revenue = lazy(() => import("../screens/revenue/Revenue"));
const NotFound = lazy(() => import("../screens/NotFound"));

/** Everything behind the sign-in. */
export default function Workplace({ user }: { user: User }) {
  useLiveUpdates();
  return (
    <UserProvider value={user}>
      <Routes>
        <Route element={<Shell />}>
          <Route index element={<Navigate to="/products" replace />} />
          <Route path="products" element={<Products />} />
          <Route path="products/:id" element={<ProductDetail />} />
          <Route path="order" element={<NewOrder />} />
          <Route path="orders" element={<Orders />} />
          <Route path="orders/:id" element={<OrderDetail />} />
          <Route path="revenue" element={<Revenue />} />
          <Route path="*" element={<NotFound />} />
        </Route>
      </Routes>
    </UserProvider>
  );
}

import { lazy } from "react";
import { Navigate, Route, Routes, useParams } from "react-router-dom";

import type { User } from "../api/types";
import { useShopEvents } from "../live/useShopEvents";
import { Shell } from "../shell/Shell";
import { UserProvider } from "./user";

const Items = lazy(() => import("../screens/items/Items"));
const Item = lazy(() => import("../screens/item/Item"));
const Home = lazy(() => import("../screens/home/Home"));
const Reports = lazy(() => import("../screens/reports/Reports"));
const Accounts = lazy(() => import("../screens/ledger/Accounts"));
const Journal = lazy(() => import("../screens/ledger/Journal"));
const Transaction = lazy(() => import("../screens/ledger/Transaction"));
const NewEntry = lazy(() => import("../screens/ledger/NewEntry"));
const TrialBalance = lazy(() => import("../screens/ledger/TrialBalance"));
const ProfitAndLoss = lazy(() => import("../screens/ledger/ProfitAndLoss"));
const BalanceSheet = lazy(() => import("../screens/ledger/BalanceSheet"));
const Changes = lazy(() => import("../screens/changes/Changes"));
const Account = lazy(() => import("../screens/account/Account"));
const Sell = lazy(() => import("../screens/sell/Sell"));
const Sales = lazy(() => import("../screens/sales/Sales"));
const Sale = lazy(() => import("../screens/sale/Sale"));
const Lookup = lazy(() => import("../screens/lookup/Lookup"));
const NewItem = lazy(() => import("../screens/item/NewItem"));
const Categories = lazy(() => import("../screens/categories/Categories"));
const Purchases = lazy(() => import("../screens/purchases/Purchases"));
const NewPurchase = lazy(() => import("../screens/purchase/NewPurchase"));
const Purchase = lazy(() => import("../screens/purchase/Purchase"));
const Movements = lazy(() => import("../screens/stock/Movements"));
const Adjust = lazy(() => import("../screens/stock/Adjust"));
const Transfer = lazy(() => import("../screens/stock/Transfer"));
const Labels = lazy(() => import("../screens/labels/Labels"));
const Partners = lazy(() => import("../screens/partners/Partners"));
const Partner = lazy(() => import("../screens/partners/Partner"));
const NewPartner = lazy(() => import("../screens/partners/NewPartner"));
const More = lazy(() => import("../screens/more/More"));
const NotFound = lazy(() => import("../screens/NotFound"));

/** The address in the QR code of a label. */
function ScannedLabel() {
  const { sku = "" } = useParams();
  return <Navigate to={`/lookup?code=${encodeURIComponent(sku)}`} replace />;
}

/** Everything behind the sign-in. Each screen is a file of its own, fetched when it is first opened. */
export default function Workplace({ user }: { user: User }) {
  useShopEvents();
  return (
    <UserProvider value={user}>
      <Routes>
        <Route element={<Shell />}>
          <Route index element={<Home />} />
          <Route path="items" element={<Items />} />
          <Route path="sell" element={<Sell />} />
          <Route path="sales" element={<Sales />} />
          <Route path="sales/:id" element={<Sale />} />
          <Route path="lookup" element={<Lookup />} />
          <Route path="v/:sku" element={<ScannedLabel />} />
          <Route path="items/new" element={<NewItem />} />
          <Route path="items/:id" element={<Item />} />
          <Route path="categories" element={<Categories />} />
          <Route path="purchases" element={<Purchases />} />
          <Route path="purchases/new" element={<NewPurchase />} />
          <Route path="purchases/:id" element={<Purchase />} />
          <Route path="stock" element={<Movements />} />
          <Route path="stock/adjust" element={<Adjust />} />
          <Route path="stock/transfer" element={<Transfer />} />
          <Route path="labels" element={<Labels />} />
          <Route path="partners" element={<Partners />} />
          <Route path="partners/new" element={<NewPartner />} />
          <Route path="partners/:id" element={<Partner />} />
          <Route path="more" element={<More />} />
          <Route path="reports" element={<Reports />} />
          <Route path="ledger" element={<Accounts />} />
          <Route path="ledger/accounts/:code" element={<Journal />} />
          <Route path="ledger/journal" element={<Journal />} />
          <Route path="ledger/transactions/:id" element={<Transaction />} />
          <Route path="ledger/new" element={<NewEntry />} />
          <Route path="ledger/trial-balance" element={<TrialBalance />} />
          <Route path="ledger/profit-and-loss" element={<ProfitAndLoss />} />
          <Route path="ledger/balance-sheet" element={<BalanceSheet />} />
          <Route path="changes" element={<Changes />} />
          <Route path="account" element={<Account />} />
          <Route path="*" element={<NotFound />} />
        </Route>
      </Routes>
    </UserProvider>
  );
}

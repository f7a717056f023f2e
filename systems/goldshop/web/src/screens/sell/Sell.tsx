import { Page, Skeleton } from "@stackyard/web-kit/ui";
import { useObservable } from "@stackyard/web-kit/store";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { warehousesQuery } from "../../api/stock";
import type { Sale, Warehouse } from "../../api/types";
import { add } from "../../sell/basket";
import { change, tillStore, useBasket } from "../../sell/basketStore";
import { Choice } from "../../ui/Choice";
import { Finder } from "../../ui/Finder";
import { BasketLines } from "./BasketLines";
import { Checkout } from "./Checkout";
import { Receipt } from "./Receipt";

/** The till: goods into the basket, money, receipt. */
export default function Sell() {
  const warehouses = (useQuery(warehousesQuery).data ?? []).filter(({ active }) => active);
  const chosen = useObservable(tillStore);
  const here = warehouses.find(({ id }) => id === chosen) ?? warehouses[0];
  const [sold, setSold] = useState<Sale | null>(null);
  return (
    <Page title="Sell" aside={here ? <Till here={here} warehouses={warehouses} /> : null}>
      {sold ? <Receipt sale={sold} onNext={() => setSold(null)} /> : here ? <Counter warehouse={here.id} onSold={setSold} /> : <Skeleton />}
    </Page>
  );
}

function Till({ here, warehouses }: { here: Warehouse; warehouses: Warehouse[] }) {
  return (
    <div className="w-48">
      <Choice label="Sold from" value={here.id} onChoose={tillStore.set}>
        {warehouses.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Choice>
    </div>
  );
}

function Counter({ warehouse, onSold }: { warehouse: string; onSold: (sale: Sale) => void }) {
  const basket = useBasket();
  const [error, setError] = useState<unknown>(null);
  return (
    <div className="grid grid-cols-1 gap-5 lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start lg:gap-8">
      <div className="space-y-5">
        <Finder label="Find goods to sell" onPick={(picked) => change(add, picked)} />
        <BasketLines basket={basket} warehouse={warehouse} error={error} />
      </div>
      {basket.lines.length > 0 ? <Checkout basket={basket} warehouse={warehouse} onSold={onSold} onError={setError} /> : null}
    </div>
  );
}

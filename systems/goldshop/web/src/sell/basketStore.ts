import { observable, useObservable } from "@stackyard/web-kit/store";

import { type Basket, emptyBasket } from "./basket";

const BASKET = "basket";
const SHOP = "till-warehouse";

/** The basket of this tab; it outlives a reload, not the tab. */
export const basketStore = observable<Basket>(storedBasket());

basketStore.subscribe(() => sessionStorage.setItem(BASKET, JSON.stringify(basketStore.get())));

export const useBasket = (): Basket => useObservable(basketStore);

/** Applies one of the basket's changes, such as `change(add, picked)`. */
export function change<Rest extends unknown[]>(apply: (basket: Basket, ...rest: Rest) => Basket, ...rest: Rest): void {
  basketStore.set(apply(basketStore.get(), ...rest));
}

/** An empty basket, paid in the way of the last. */
export const clearBasket = (): void => basketStore.set({ ...emptyBasket, payment: basketStore.get().payment });

/** The warehouse that this till stands in; it outlives the tab. */
export const tillStore = observable<string>(localStorage.getItem(SHOP) ?? "");

tillStore.subscribe(() => localStorage.setItem(SHOP, tillStore.get()));

function storedBasket(): Basket {
  const text = sessionStorage.getItem(BASKET);
  return text === null ? emptyBasket : (JSON.parse(text) as Basket);
}

import { observable, useObservable } from "@stackyard/web-kit/store";
import { type Basket, emptyBasket } from "./basket";

const PLACE = "inventr-basket";

/** The basket of this tab; it outlives a reload, not the tab. */
export const basketStore = observable<Basket>(stored());

basketStore.subscribe(() => {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(basketStore.get()));
  } catch {
    // Without storage (private windows of some browsers) the basket lives as long as the page.
  }
});

export const useBasket = (): Basket => useObservable(basketStore);

/** Applies one of the basket's changes, such as `change(add, product)`. */
export function change<Rest extends unknown[]>(step: (basket: Basket, ...rest: Rest) => Basket, ...rest: Rest): void {
  basketStore.set(step(basketStore.get(), ...rest));
}

export const clearBasket = (): void => basketStore.set(emptyBasket);

/** The key of the present attempt: the same until the basket changes or the server has given a definite answer. */
export function attemptKey(): string {
  const basket = basketStore.get();
  const key = basket.key ?? crypto.randomUUID();
  if (basket.key === null) basketStore.set({ ...basket, key });
  return key;
}

/** The attempt is over: the next one is another. */
export function endAttempt(): void {
  basketStore.set({ ...basketStore.get(), key: null });
}

function stored(): Basket {
  try {
    const text = sessionStorage.getItem(PLACE);
    return text ? (JSON.parse(text) as Basket) : emptyBasket;
  } catch {
    return emptyBasket;
  }
}

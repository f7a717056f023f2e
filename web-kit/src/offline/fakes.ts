/** A stand-in for the browser's Cache Storage, which a test's document does not have: names, addresses and answers. */
export function fakeCaches() {
  const stores = new Map<string, Map<string, Response>>();
  const keyOf = (key: string | { url: string }) => {
    const address = typeof key === "string" ? key : key.url;
    return address.startsWith("/") ? location.origin + address : address;
  };
  const open = (name: string) => {
    const store = stores.get(name) ?? new Map<string, Response>();
    stores.set(name, store);
    return Promise.resolve({
      put: (key: string, answer: Response) => Promise.resolve(void store.set(keyOf(key), answer)),
      keys: () => Promise.resolve([...store.keys()].map((url) => ({ url }))),
      delete: (key: { url: string }) => Promise.resolve(store.delete(keyOf(key))),
    });
  };
  return {
    open,
    delete: (name: string) => Promise.resolve(stores.delete(name)),
    match: (key: string, { cacheName }: { cacheName: string }) =>
      Promise.resolve(stores.get(cacheName)?.get(keyOf(key))?.clone()),
  };
}

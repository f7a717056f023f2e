import { type ComponentType, createContext, useContext } from "react";

/** What the shared parts say about the app that they are in. */
export interface Product {
  /** Its name, as it stands in the window's title. */
  name: string;
  /** Its name with its mark. */
  Brand: ComponentType<{ className?: string }>;
  /** One line below the sign-in. */
  tagline: string;
  /** What is said when the app has started and its server cannot be reached. */
  withoutServer: string;
}

const NAMELESS: Product = { name: "", Brand: () => null, tagline: "", withoutServer: "" };

const Current = createContext<Product>(NAMELESS);

/** Around the whole app. */
export const ProductProvider = Current.Provider;

/** The app that this part is in. */
export const useProduct = (): Product => useContext(Current);

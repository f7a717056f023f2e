import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router-dom";

import { ErrorBoundary } from "./ErrorBoundary";
import { type Product, ProductProvider } from "./product";

/** Puts the app into the page's #root, and registers its service worker where there may be one. */
export function start(product: Product, queryClient: QueryClient, app: ReactNode, withWorker: boolean): void {
  const root = document.getElementById("root");
  if (!root) throw new Error("The page has no #root.");
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <ProductProvider value={product}>
          <QueryClientProvider client={queryClient}>
            <BrowserRouter future={{ v7_startTransition: true, v7_relativeSplatPath: true }}>{app}</BrowserRouter>
          </QueryClientProvider>
        </ProductProvider>
      </ErrorBoundary>
    </StrictMode>,
  );
  if (withWorker && "serviceWorker" in navigator) {
    // Without a worker (a private window, a refused certificate) the app only loses its start without a network.
    navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  }
}

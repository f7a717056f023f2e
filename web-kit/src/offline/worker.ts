import { reading } from "./answers";
import { KeptShell } from "./shell";

declare const self: ServiceWorkerGlobalScope;

export interface WorkerOptions {
  /** The addresses of all that the app needs to start; the build writes them (`serviceWorker` of `@stackyard/web-kit/vite`). */
  files: readonly string[];
  /** Whether the last-read answer of an address of the API is kept for reading without a network; none is, unless said. */
  keeps?: (pathname: string) => boolean;
}

/** The whole of an app's service worker: it keeps the shell, and what `keeps` names of the API. */
export function serveApp({ files, keeps = () => false }: WorkerOptions): void {
  const shell = new KeptShell(files);
  self.addEventListener("install", (event) => event.waitUntil(shell.store()));
  self.addEventListener("activate", (event) => event.waitUntil(shell.removeOlder().then(() => self.clients.claim())));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== self.location.origin) return;
    if (request.mode === "navigate" && !isServers(pathname)) event.respondWith(shell.page(request));
    else if (shell.has(pathname)) event.respondWith(shell.asset(request));
    else if (keeps(pathname)) event.respondWith(reading(request, (work) => event.waitUntil(work)));
  });
}

/** Whether an address belongs to the server rather than to the application. */
function isServers(pathname: string): boolean {
  return pathname === "/api" || pathname.startsWith("/api/") || pathname === "/health" || pathname === "/metrics";
}

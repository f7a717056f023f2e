// Keeps the application's shell for a start without a network. It never touches /api: figures come from the server or not at all.

export {};

declare const self: ServiceWorkerGlobalScope;
declare const __SHELL_FILES__: readonly string[];

const SHELL_FILES = __SHELL_FILES__;
const CACHE = `shell-${fingerprint(SHELL_FILES)}`;

/** A short name for a list of files, so that each release has a cache of its own (FNV-1a, 32 bits). */
function fingerprint(files: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const character of files.join("\n")) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

async function store(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL_FILES.map((file) => new Request(file, { cache: "reload" })));
}

async function removeOlder(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function page(request: Request): Promise<Response> {
  const shell = () => caches.match("/", { cacheName: CACHE });
  try {
    const answer = await fetch(request);
    return answer.status < 500 ? answer : ((await shell()) ?? answer);
  } catch {
    return (await shell()) ?? Response.error();
  }
}

async function asset(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: CACHE })) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(store()));
self.addEventListener("activate", (event) => event.waitUntil(removeOlder()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && !isServers(pathname)) event.respondWith(page(request));
  else if (SHELL_FILES.includes(pathname)) event.respondWith(asset(request));
});

/** Whether an address belongs to the API rather than to the application. */
function isServers(pathname: string): boolean {
  return pathname === "/api" || pathname.startsWith("/api/") || pathname === "/health" || pathname === "/metrics";
}

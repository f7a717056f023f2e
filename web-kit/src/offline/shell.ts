/// Inside a service worker: the app's own files, for a start without a network.

/** The app's files under the name of a release, which their list is: fingerprinted names change with every change. */
export class KeptShell {
  private readonly cache: string;

  constructor(private readonly files: readonly string[]) {
    this.cache = `shell-${fingerprint(files)}`;
  }

  /** Whether an address is one of the files. */
  has(pathname: string): boolean {
    return this.files.includes(pathname);
  }

  /** Fetches all files, or rejects and keeps none. */
  async store(): Promise<void> {
    const cache = await caches.open(this.cache);
    await cache.addAll(this.files.map((file) => new Request(file, { cache: "reload" })));
  }

  /** Drops the files of other releases. */
  async removeOlder(): Promise<void> {
    const names = await caches.keys();
    const older = names.filter((name) => name.startsWith("shell-") && name !== this.cache);
    await Promise.all(older.map((name) => caches.delete(name)));
  }

  /** The page: the server's, or the kept one when the server has none. */
  async page(request: Request): Promise<Response> {
    const shell = () => caches.match("/", { cacheName: this.cache });
    try {
      const answer = await fetch(request);
      return answer.status < 500 ? answer : ((await shell()) ?? answer);
    } catch {
      return (await shell()) ?? Response.error();
    }
  }

  /** A file: the kept one, else the server's. */
  async asset(request: Request): Promise<Response> {
    return (await caches.match(request, { cacheName: this.cache })) ?? fetch(request);
  }
}

/** A short name for a list of files, so that each release has a cache of its own (FNV-1a, 32 bits). */
function fingerprint(files: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const character of files.join("\n")) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

import { readdirSync } from "node:fs";

import type { Plugin } from "vite";

const PLACEHOLDER = "__SHELL_FILES__";

/**
 * Writes into the service worker the addresses of everything that the app needs to start without a network:
 * the page, the fingerprinted assets and the files of public/. The worker's bytes therefore change with every release,
 * which is how a browser learns that there is a new one.
 */
export function shellList(): Plugin {
  let publicDir = "";
  return {
    name: "inventr-shell-list",
    apply: "build",
    configResolved(config) {
      publicDir = config.publicDir;
    },
    generateBundle(_options, bundle) {
      const worker = bundle["sw.js"];
      if (worker?.type !== "chunk" || !worker.code.includes(PLACEHOLDER)) {
        this.error(`The service worker does not mention ${PLACEHOLDER}.`);
      }
      const assets = Object.keys(bundle).filter((file) => file.startsWith("assets/"));
      const files = ["/", ...[...assets, ...readdirSync(publicDir)].sort().map((file) => `/${file}`)];
      worker.code = worker.code.replace(PLACEHOLDER, JSON.stringify(files));
    },
  };
}

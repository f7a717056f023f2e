import { readdirSync } from "node:fs";
import { resolve } from "node:path";

/**
 * Builds the service worker into sw.js, as one script of its own, and tells it as __SHELL_FILES__ the addresses of
 * everything that the app needs to start without a network: the page, the fingerprinted assets and the files of
 * public/. The worker's bytes therefore change with every release, which is how a browser learns that there is one.
 *
 * @param {typeof import("vite").build} build the app's own Vite
 * @param {string} entry of the worker, below the root of the app
 * @returns {import("vite").Plugin}
 */
export function serviceWorker(build, entry = "worker/service-worker.ts") {
  /** @type {import("vite").ResolvedConfig} */
  let config;
  return {
    name: "service-worker",
    apply: "build",
    configResolved(resolved) {
      config = resolved;
    },
    async generateBundle(_options, bundle) {
      const assets = Object.keys(bundle).filter((file) => file.startsWith("assets/"));
      const files = ["/", ...[...assets, ...readdirSync(config.publicDir)].sort().map((file) => `/${file}`)];
      const made = await build({
        configFile: false,
        root: config.root,
        logLevel: "warn",
        define: { __SHELL_FILES__: JSON.stringify(files) },
        build: {
          write: false,
          copyPublicDir: false,
          target: config.build.target,
          modulePreload: false,
          rollupOptions: { input: resolve(config.root, entry), output: { format: "iife" } },
        },
      });
      const [output] = Array.isArray(made) ? made : [made];
      const chunk = output && "output" in output ? output.output[0] : undefined;
      if (!chunk) this.error(`${entry} could not be built.`);
      this.emitFile({ type: "asset", fileName: "sw.js", source: chunk.code });
    },
  };
}

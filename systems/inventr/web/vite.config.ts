import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

import { shellList } from "./build/shell-list";

export default defineConfig(({ mode }) => {
  const api = loadEnv(mode, process.cwd(), "VITE_")["VITE_API"] ?? "http://127.0.0.1:8000";
  const proxy = { "/api": { target: api, ws: true } };
  return {
    plugins: [react(), tailwindcss(), shellList()],
    server: { proxy },
    preview: { proxy },
    build: {
      target: "es2022",
      // The polyfill would be dead weight: every browser that runs this build preloads modules itself.
      modulePreload: { polyfill: false },
      rollupOptions: {
        input: { index: "index.html", sw: "worker/service-worker.ts" },
        output: {
          // Shared scraps of code travel with a larger chunk rather than as requests of their own.
          experimentalMinChunkSize: 6_000,
          // A service worker must keep its address over releases; everything else carries a fingerprint.
          entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        },
      },
    },
    test: { environment: "jsdom", restoreMocks: true, unstubGlobals: true, setupFiles: ["src/testing/setup.ts"] },
  };
});

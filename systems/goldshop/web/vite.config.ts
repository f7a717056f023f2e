import { appBuild, appTests, kitFolders, kitResolution, serviceWorker } from "@stackyard/web-kit/vite";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { build, loadEnv } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => {
  const api = loadEnv(mode, process.cwd(), "VITE_")["VITE_API"] ?? "http://127.0.0.1:8000";
  const proxy = { "/api": { target: api, ws: true } };
  return {
    plugins: [react(), tailwindcss(), serviceWorker(build)],
    resolve: kitResolution,
    server: { proxy, fs: { allow: kitFolders() } },
    preview: { proxy },
    build: appBuild,
    test: appTests,
  };
});

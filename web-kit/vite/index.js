// JavaScript, because Vite hands packages that a configuration imports to Node as they are.
/* global process, URL */
import { fileURLToPath } from "node:url";

export { serviceWorker } from "./service-worker.js";

/** The packages of which there is one: the app's own, also for what the kit imports. */
const ONCE = [
  "@tanstack/react-query",
  "@testing-library/dom",
  "@testing-library/react",
  "@testing-library/user-event",
  "react",
  "react-dom",
  "react-router-dom",
  "vitest",
];

/** Vite settings for an app that uses the kit as source, from wherever it lies beside the app. */
export const kitResolution = { dedupe: ONCE };

/** The folders that the development server may read: the app's, and the kit's. */
export const kitFolders = () => [process.cwd(), fileURLToPath(new URL("..", import.meta.url))];

/** The build of an app, for current browsers. */
export const appBuild = {
  target: "es2022",
  // The polyfill would be dead weight: every browser that runs this build preloads modules itself.
  modulePreload: { polyfill: false },
  rollupOptions: {
    // Shared scraps of code travel with a larger chunk rather than as requests of their own.
    output: { experimentalMinChunkSize: 6_000 },
  },
};

/** Unit tests of an app in a document that nobody sees. */
export const appTests = {
  environment: "jsdom",
  restoreMocks: true,
  unstubGlobals: true,
  setupFiles: ["@stackyard/web-kit/testing/setup"],
};

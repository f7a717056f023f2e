// Keeps the application's shell for a start without a network. It never touches /api: figures come from the server or not at all.

import { serveApp } from "@stackyard/web-kit/offline/worker";

declare const __SHELL_FILES__: readonly string[];

serveApp({ files: __SHELL_FILES__ });

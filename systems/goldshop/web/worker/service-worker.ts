// Keeps the application's shell and what was last read of the API, for a start and for reading without a network.

import { serveApp } from "@stackyard/web-kit/offline/worker";

declare const __SHELL_FILES__: readonly string[];

/** What is said once, what is a file, and what tells whether the server lives is not for reading later. */
const NOT_KEPT = /^\/api\/(auth|health|images|ws|metrics)(\/|$)|\.(pdf|svg)$/;

serveApp({ files: __SHELL_FILES__, keeps: (pathname) => pathname.startsWith("/api/") && !NOT_KEPT.test(pathname) });

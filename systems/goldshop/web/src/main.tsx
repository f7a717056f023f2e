import "./app/styles.css";

import { followInstall, followTheme, start } from "@stackyard/web-kit/shell";

import { App } from "./app/App";
import { product } from "./app/product";
import { queryClient } from "./app/queryClient";

followTheme();
followInstall();
start(product, queryClient, <App />, import.meta.env.PROD);

/** The explorer: in a page it is put together here, and listens; in a Worker the same program counts basins. */

import { basinsAtRate } from "./basinsAtRate.js";
import { Explorer } from "./explorer.js";
import { serveBasins } from "./worker.js";

if (typeof document === "undefined") serveBasins(self, objective, rules);
else window.explorer = new Explorer(objective, rules, basinsAtRate);

/** The explorer: what stands in the page is put together here, and listens. The same script is the Worker's. */

import { Explorer } from "./explorer.js";
import { serveWorker } from "./worker.js";

if (typeof document === "undefined") serveWorker(objective, rules);
else window.explorer = new Explorer(objective, rules);

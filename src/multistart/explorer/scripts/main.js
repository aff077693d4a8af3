/** The explorer: what stands in the page is put together here, and listens. */

import { Explorer } from "./explorer.js";

window.explorer = new Explorer(objective, rules);

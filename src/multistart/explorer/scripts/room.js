/** Room in the page for the picture and for what is said of it. */

import { byId } from "./page.js";
import { BRIEFLY } from "./words.js";

/** Keep the height of the page's head, which the picture leaves free, so that it and its words are seen at once. */
export function keepHeadHeight() {
  new ResizeObserver(measureHead).observe(document.querySelector("header"));
}

/** Measure that height now, before something is drawn that would be drawn again for it. */
export function measureHead() {
  const { offsetHeight } = document.querySelector("header");
  document.documentElement.style.setProperty("--head", `${offsetHeight}px`);
}

/** Leave room for what is said of so many balls, so that the picture does not jump when they come to their ends. */
export function makeRoomFor(balls) {
  byId("status").parentElement.style.setProperty("--lines", Math.max(2, Math.ceil(balls / 2)));
  byId("endings").className = balls >= BRIEFLY ? "brief" : balls > 1 ? "two" : "";
}

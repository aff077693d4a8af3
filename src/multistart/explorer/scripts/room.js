/** Room in the page for the picture and for what is said of it. */

import { byId } from "./page.js";
import { BRIEFLY } from "./words.js";

/** The height of the page's head, which the picture leaves free, so that it and its words are seen at once. */
export function keepHeadHeight() {
  const head = document.querySelector("header");
  const keep = () => document.documentElement.style.setProperty("--head", `${head.offsetHeight}px`);
  new ResizeObserver(keep).observe(head);
}

/** Leave room for what is said of so many balls, so that the picture does not jump when they come to their ends. */
export function makeRoomFor(balls) {
  byId("status").parentElement.style.setProperty("--lines", Math.max(2, Math.ceil(balls / 2)));
  byId("endings").className = balls >= BRIEFLY ? "brief" : balls > 1 ? "two" : "";
}

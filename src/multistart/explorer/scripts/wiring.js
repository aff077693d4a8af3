/** Which control does what: buttons, keys and hands, and what there is to be shown or hidden. */

import { byId } from "./page.js";
import { copyAddress } from "./share.js";

const FASTER = 1.5;
const TURN = 1 / 24;

/** What keys and hands on the picture do to a page. */
export function pictureActions(page) {
  return {
    drag: (point) => page.moveTo(point),
    dropAt: (point) => {
      page.place(point);
      page.drop();
    },
    move: (dx, dy) => {
      page.moveTo(page.moved(dx, dy));
      page.sayStart();
    },
    drop: () => page.dropAs(false),
    play: () => page.togglePlaying(),
    step: () => page.step(),
    reset: () => page.reset(),
    faster: () => page.setSpeed(page.state.speed * FASTER),
    slower: () => page.setSpeed(page.state.speed / FASTER),
    nextView: () => page.nextView(),
    turnLeft: () => page.stage.turn(-TURN),
    turnRight: () => page.stage.turn(TURN),
    redraw: () => page.draw(),
  };
}

/** Listen to every control that stands in the page from the beginning. */
export function listenToPage(page, actions) {
  const clicks = {
    drop: actions.drop,
    play: actions.play,
    step: actions.step,
    reset: actions.reset,
    shower: () => page.dropAs(true),
    share: () => {
      page.address.keep(page.state);
      copyAddress(page.model.texts);
    },
    "add-method": () => page.addMethod(),
  };
  for (const [id, act] of Object.entries(clicks)) byId(id).addEventListener("click", act);
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => page.setView(button.dataset.view));
  }
  byId("keep").addEventListener("change", () => page.keepBalls());
  byId("speed").addEventListener("input", () => page.setSpeed(10 ** Number(byId("speed").value)));
  byId("language").addEventListener("change", () => page.setLanguage(byId("language").value));
  byId("theme").addEventListener("change", () => page.setTheme(byId("theme").value));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.changed());
  window.addEventListener("hashchange", () => page.reopen());
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("view").focus();
  });
}

/** What there is to show of a function. */
export function thereIs({ data, rules }) {
  const flat = data.variables.length > 1;
  return {
    heat: flat,
    contours: flat,
    basins: true,
    edges: flat && data.basins.some(({ edges, limits }) => edges?.length || limits?.length),
    minima: data.minima.length > 0,
    saddles: data.saddles.length > 0,
    maxima: data.maxima.length > 0,
    attraction: data.minima.some(({ ball }) => ball),
    velocity: Object.values(rules).some(({ remembers }) => remembers),
  };
}

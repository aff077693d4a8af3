/**
 * A surface under somebody's hands: what turns it and what brings it nearer.
 *
 * A drag turns, two fingers turn and zoom, the wheel zooms, Shift with the arrow keys turns, z and Shift+z zoom, Home looks
 * from where it began. A press that does not move is left to the page, as a click. Nothing turns by itself.
 */

import { turnedCamera, zoomedCamera } from "./camera.js";

const STILL = 5; // pixels by which a click may move
const HALF_TURN = 420; // pixels
const BY_KEY = Math.PI / 24;
const ZOOM_BY_KEY = 1.15;
const TURNS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Listen to a canvas, and let a view with `camera` and `home` `look(camera)`; returns what takes the listeners away. */
export function makeTurnable(canvas, view) {
  const fingers = new Map();
  let moved = 0;
  const handlers = {
    pointerdown(event) {
      if (event.button !== 0) return;
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
      if (fingers.size === 1) moved = 0;
    },
    pointermove(event) {
      if (!fingers.has(event.pointerId)) return;
      const before = spanOf(fingers);
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
      const after = spanOf(fingers);
      moved += Math.abs(after.x - before.x) + Math.abs(after.y - before.y) + Math.abs(after.wide - before.wide);
      if (moved <= STILL) return;
      canvas.setPointerCapture(event.pointerId);
      const turned = turnedCamera(view.camera, -per(after.x - before.x), per(after.y - before.y));
      view.look(before.wide > 0 ? zoomedCamera(turned, after.wide / before.wide) : turned);
    },
    pointerup(event) {
      fingers.delete(event.pointerId);
      if (moved > STILL) event.stopImmediatePropagation(); // it was no click
    },
    pointercancel: (event) => fingers.delete(event.pointerId),
    wheel(event) {
      const next = zoomedCamera(view.camera, Math.exp(-pixelsOf(event) / 500));
      if (next.zoom === view.camera.zoom) return; // at a limit the page scrolls on
      event.preventDefault();
      view.look(next);
    },
    keydown(event) {
      const next = cameraByKey(view, event);
      if (!next) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      view.look(next);
    },
  };
  for (const [name, listener] of Object.entries(handlers)) {
    canvas.addEventListener(name, listener, { capture: true, passive: false });
  }
  const touch = canvas.style.touchAction;
  canvas.style.touchAction = "none";
  return () => {
    for (const [name, listener] of Object.entries(handlers))
      canvas.removeEventListener(name, listener, { capture: true });
    canvas.style.touchAction = touch;
  };
}

/** A view's camera after a key, or null where the key is not for it. */
export function cameraByKey({ camera, home }, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const turn = event.shiftKey && TURNS[event.key];
  if (turn) return turnedCamera(camera, turn[0] * BY_KEY, turn[1] * BY_KEY);
  if (event.key === "z") return zoomedCamera(camera, ZOOM_BY_KEY);
  if (event.key === "Z") return zoomedCamera(camera, 1 / ZOOM_BY_KEY);
  return event.key === "Home" ? home : null;
}

/** The middle of all fingers, and how far two are apart; 0 of one. */
function spanOf(fingers) {
  const places = [...fingers.values()];
  const middle = (j) => places.reduce((sum, place) => sum + place[j], 0) / places.length;
  const wide = places.length === 2 ? Math.hypot(places[0][0] - places[1][0], places[0][1] - places[1][1]) : 0;
  return { x: middle(0), y: middle(1), wide };
}

function per(pixels) {
  return (pixels * Math.PI) / HALF_TURN;
}

/** How far a wheel was turned, in pixels, also where it counts lines; a pinch on a trackpad comes as small steps. */
function pixelsOf(event) {
  return event.deltaY * (event.deltaMode === 1 ? 16 : 1) * (event.ctrlKey ? 5 : 1);
}

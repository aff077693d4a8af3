/** Keys on the picture: arrows move the start, Enter drops a ball there, space plays and pauses. */

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
const ACTIONS = {
  Enter: "drop",
  " ": "play",
  s: "step",
  r: "reset",
  "+": "faster",
  "=": "faster",
  "-": "slower",
  v: "nextView",
  "[": "turnLeft",
  "]": "turnRight",
};
const COARSE_MOVE = 1 / 50; // of the domain's width
const FINE_MOVE = 1 / 500;

/** Calls `actions.move(dx, dy)`, in parts of the domain's widths, or another action, for keys on an element. */
export function listenToKeys(element, actions) {
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    const action = ACTIONS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!move && !action) return;
    event.preventDefault();
    const step = event.shiftKey ? FINE_MOVE : COARSE_MOVE;
    if (move) actions.move(move[0] * step, move[1] * step);
    else actions[action]();
  });
}

/** The keys for the list below the picture: keys of texts, each with one of what it does. */
export const KEYS = ["arrows", "enter", "space", "step", "reset", "speed", "views", "turn"];

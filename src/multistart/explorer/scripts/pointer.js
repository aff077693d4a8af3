/** Mouse, pen and finger on the picture: a press drops a ball; dragged on a flat picture, it moves the start. */

const MOVED = 5; // pixels: less is a click

/**
 * Calls `actions.drag(clientX, clientY)` while a start is dragged, `actions.drop(clientX, clientY)` when it is let go.
 * `turns()` says that dragging belongs to the picture itself: there only a click drops.
 */
export function listenToPointer(canvas, turns, actions) {
  let pressed = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    pressed = { x: event.clientX, y: event.clientY, moved: false };
    if (!turns()) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pressed || !event.isPrimary) return;
    pressed.moved ||= Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > MOVED;
    if (pressed.moved && !turns()) actions.drag(event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (pressed && event.isPrimary && !(turns() && pressed.moved)) actions.drop(event.clientX, event.clientY);
    if (event.isPrimary) pressed = null;
  });
  canvas.addEventListener("pointercancel", () => {
    pressed = null;
  });
}

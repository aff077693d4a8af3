/** Marks of the function and balls with their trails, drawn over a surface in the order in which they hide each other. */

import { canvasFont } from "./axes.js";
import { onScreen } from "./camera.js";
import { isOnSlice } from "./knownPoints.js";
import { drawArrow, drawBall, drawCritical, drawDisc, drawDot, drawGone, drawStart } from "./marks.js";
import { arrowOf, ballRadius, velocityOf } from "./movers.js";
import { drawOn, pathsOn, strokePaths } from "./onSurface.js";

const NUMBERED = 12; // minima that get a number, the lowest ones
const DISC_ABOVE = 22; // pixels from a minimum to its number
const AROUND = 96; // points of a circle
const FEW = 8; // balls whose trails are drawn wide
const AHEAD = 1e-3; // updates: along a surface an arrow has the direction in which a ball sets out

/** Minima without a number, saddles, maxima, attraction balls, and the start. */
export function drawMarks(scene) {
  const { show, start } = scene.frame,
    [minima, saddles, maxima] = shownPoints(scene.view);
  if (show.attraction)
    for (const { at, ball } of scene.frame.held ?? [])
      if (isOnSlice(scene.view.model.data, scene.view.plane, at)) drawCircle(scene, ball);
  if (show.saddles)
    for (const saddle of saddles) drawPoint(scene, saddle.at, (...at) => drawCritical(...at, 5.5), "saddle");
  if (show.maxima) for (const top of maxima) drawPoint(scene, top.at, (...at) => drawCritical(...at, 5.5), "maximum");
  if (show.minima)
    minima.slice(NUMBERED).forEach((minimum) => drawPoint(scene, minimum.at, (c, _, x, y) => drawDot(c, x, y, 3)));
  if (start) drawPoint(scene, start, (c, _, x, y) => drawStart(c, x, y, 10));
}

/** The lowest minima with their numbers, which no trail crosses. */
function drawNumbered(scene) {
  const [minima] = shownPoints(scene.view);
  if (scene.frame.show.minima) minima.slice(0, NUMBERED).forEach((minimum) => drawNumber(scene, minimum));
}

/** Minima, saddles and maxima that lie on the drawn plane. */
function shownPoints({ model, plane }) {
  const { data } = model;
  return [data.minima, data.saddles, data.maxima].map((points) =>
    points.filter(({ at }) => isOnSlice(data, plane, at)),
  );
}

function drawPoint({ context, lens, layer, view }, at, draw, kind) {
  drawOn(context, lens, layer, view.placed(at), (x, y) => draw(context, kind, x, y));
}

/** A minimum's number above it, on a stem: the dot beneath is the minimum. */
function drawNumber({ context, lens, layer, view, theme }, minimum) {
  drawOn(context, lens, layer, view.placed(minimum.at), (x, y) => {
    context.strokeStyle = theme.ink;
    context.lineWidth = 1.4;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x, y - DISC_ABOVE);
    context.stroke();
    drawDot(context, x, y, 3);
    drawDisc(context, String(minimum.number), x, y - DISC_ABOVE, 9, canvasFont(0, 12, "600"));
  });
}

/** The edge of an attraction ball, dashed. */
function drawCircle({ context, lens, layer, view, theme }, { center, radius }) {
  const [i, j] = view.plane.axes,
    points = [];
  for (let k = 0; k <= AROUND; k++) {
    const at = Array.from(center),
      angle = (2 * Math.PI * k) / AROUND;
    at[i] += radius * Math.cos(angle);
    at[j] += radius * Math.sin(angle);
    points.push(...at);
  }
  const paths = pathsOn(lens, layer, view.draped(points, center.length));
  context.setLineDash([5, 4]);
  strokePaths(context, paths, theme.ink, null, 1.6);
  context.setLineDash([]);
}

/** Trails first, then the numbers of minima, then balls from the farthest to the nearest. */
export function drawBalls(scene) {
  const { balls } = scene.frame,
    few = balls.length <= FEW;
  for (const ball of balls) drawTrail(scene, ball, few ? 2.4 : 1.3);
  drawNumbered(scene);
  const places = balls.map((ball) => ({ ball, ...placeOfBall(scene, ball) }));
  places.sort((a, b) => a.near - b.near);
  const radius = ballRadius(scene.view.size[0], balls.length);
  for (const place of places) drawRolling(scene, place, radius);
}

/** The trail of a ball up to where it is. */
function drawTrail({ context, lens, layer, view, theme }, ball, width) {
  strokePaths(context, pathsOn(lens, layer, view.trail(ball.run), ball.at), ball.colour, theme.casing, width);
}

/** Where a ball is in the box; where it has left the surface, the last place on it, and which way it went. */
function placeOfBall({ lens, view }, ball) {
  const trail = view.trail(ball.run);
  let k = lastUpTo(trail.at, ball.at),
    gone = false;
  const here = view.placed(pointOf(view, ball.run, ball.at));
  if (!here.some(Number.isNaN)) return { xyz: here, near: onScreen(lens, ...here)[2], gone };
  while (k > 0 && Number.isNaN(trail.xyz[3 * k + 2])) k -= 1;
  const xyz = Array.from(trail.xyz.subarray(3 * k, 3 * k + 3)),
    next = trail.xyz.subarray(3 * k + 3, 3 * k + 5);
  gone = Number.isNaN(xyz[2]) ? false : [...next, xyz[2]];
  return { xyz, near: onScreen(lens, ...xyz)[2], gone };
}

/** The point of a run after a number of updates, which may be fractional. */
function pointOf(view, run, at) {
  const d = view.model.data.variables.length,
    last = run.points.length / d - 1;
  const k = Math.min(Math.max(Math.floor(at), 0), last),
    part = k < last ? Math.min(at, last) - k : 0;
  return Array.from({ length: d }, (_, c) => {
    const here = run.points[k * d + c];
    return part > 0 ? here + part * (run.points[(k + 1) * d + c] - here) : here;
  });
}

function lastUpTo(places, at) {
  let [low, high] = [0, places.length];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (places[middle] <= at) low = middle;
    else high = middle;
  }
  return low;
}

/** A ball with its shadow, its velocity, or where it has gone an arrow at the edge. */
function drawRolling({ context, lens, layer, view }, { ball, xyz, gone }, radius) {
  drawOn(context, lens, layer, xyz, (x, y, near) => {
    if (gone) {
      const [a, b] = onScreen(lens, ...gone);
      drawGone(context, x, y, Math.atan2(b - y, a - x), ball.colour, 7);
      return;
    }
    const size = radius * Math.min(near, 1.3);
    drawShadow(context, x, y, size);
    if (ball.velocity && ball.at < ball.run.steps) drawVelocityOn({ context, lens, view }, ball, xyz, [x, y, size]);
    drawBall(context, x, y - 0.7 * size, size, ball.colour, ball.mark, ball.picked);
  });
}

/** An arrow along the surface, as long as on the map: what the ball would coast in some updates, up to a limit. */
function drawVelocityOn({ context, lens, view }, ball, xyz, [x, y, size]) {
  const velocity = velocityOf(view.model, ball);
  if (!velocity) return;
  const point = pointOf(view, ball.run, ball.at).map((c, k) => c + AHEAD * velocity[k]);
  const tip = onScreen(lens, ...view.placed(point));
  const [dx, dy] = arrowOf((tip[0] - x) / AHEAD, (tip[1] - y) / AHEAD);
  drawArrow(context, x, y - 0.7 * size, dx, dy, ball.colour);
}

function drawShadow(context, x, y, size) {
  context.beginPath();
  context.ellipse(x + 0.25 * size, y + 0.1 * size, 1.05 * size, 0.5 * size, 0, 0, 2 * Math.PI);
  context.fillStyle = "rgba(0, 0, 0, 0.28)";
  context.fill();
}

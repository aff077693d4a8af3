// What moves: the start, the tips of trails, velocities, balls, and pointers to balls that have left the picture.

import { drawArrow, drawBall, drawGone, drawStart } from "./marks.js";
import { problemOf } from "./problem.js";
import { placeAt } from "./trails.js";

const ARROW_UPDATES = 10; // of coasting that an arrow shows
const GONE_UPDATES = 200; // that are looked back for where a ball left the picture
const ARROW_LONGEST = 90; // px

/** Draw them over a map or curve, those that are picked last. */
export function drawMovers(context, view, frame, theme, tails) {
  const { layout, model } = view;
  if (frame.start) startMark(context, layout, frame.start);
  const radius = ballRadius(layout.width, frame.balls.length);
  const dimensions = model.data.variables.length;
  const placed = frame.balls.map((ball, b) => ({
    ball,
    tail: tails?.[b],
    at: placeAt(ball.run, dimensions, layout.project, ball.at),
  }));
  placed.sort((a, b) => Number(Boolean(a.ball.picked)) - Number(Boolean(b.ball.picked)));
  for (const { ball, tail, at } of placed) if (tail) drawTip(context, layout.rect, tail, at, ball.colour);
  for (const { ball, at } of placed)
    if (ball.velocity && ball.at < ball.run.steps) drawVelocity(context, view, ball, at);
  for (const { ball, at } of placed) drawMover(context, view, ball, at, radius);
}

function startMark(context, layout, start) {
  const [x, y] = layout.project(start, 0);
  if (isInside(layout.rect, x, y, 1)) drawStart(context, x, y, layout.width < 420 ? 9 : 10);
}

/** How large balls are: smaller on a small picture, and of a shower. */
export function ballRadius(width, count) {
  if (count > 8) return width < 420 ? 3.5 : 4.5;
  return width < 420 ? 7 : width < 1000 ? 8.5 : 10;
}

function isInside(rect, x, y, margin = 0) {
  return (
    x >= rect.left - margin &&
    x <= rect.left + rect.width + margin &&
    y >= rect.top - margin &&
    y <= rect.top + rect.height + margin
  );
}

/** The last piece of a trail, up to where the ball is between two updates. */
function drawTip(context, rect, tail, at, colour) {
  if (!(Math.hypot(at[0] - tail[0], at[1] - tail[1]) > 0.5)) return;
  context.save();
  context.beginPath();
  context.rect(rect.left, rect.top, rect.width, rect.height);
  context.clip();
  context.beginPath();
  context.moveTo(...tail);
  context.lineTo(...at);
  context.lineWidth = 2.2;
  context.lineCap = "round";
  context.strokeStyle = colour;
  context.stroke();
  context.restore();
}

function drawMover(context, view, ball, [x, y], radius) {
  const { rect } = view.layout;
  if (isInside(rect, x, y)) {
    drawBall(context, x, y, radius, ball.colour, radius < 6 ? "none" : ball.mark, ball.picked);
    return;
  }
  const [from, to] = lastInside(view, ball, [x, y]);
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const ends = [rect.left - from[0], rect.left + rect.width - from[0]].map((way) => way / dx);
  ends.push(...[rect.top - from[1], rect.top + rect.height - from[1]].map((way) => way / dy));
  const part = Math.min(...ends.filter((end) => end > 0));
  if (part < 1)
    drawGone(context, from[0] + part * dx, from[1] + part * dy, Math.atan2(dy, dx), ball.colour, 0.85 * radius);
}

/** The last piece of a ball's way that begins within the picture; from the picture's middle where that is long ago. */
function lastInside(view, ball, at) {
  const { rect, project } = view.layout;
  const dimensions = view.model.data.variables.length;
  let [to, update] = [at, Math.floor(ball.at)];
  for (let back = 0; back < GONE_UPDATES && update >= 0; back += 1, update -= 1) {
    const from = placeAt(ball.run, dimensions, project, update);
    if (isInside(rect, ...from)) return [from, to];
    to = from;
  }
  return [[rect.left + rect.width / 2, rect.top + rect.height / 2], at];
}

/** An arrow to where the ball would coast in some updates, as long as that up to a limit. */
function drawVelocity(context, view, ball, [x, y]) {
  const velocity = velocityOf(view.model, ball);
  if (!velocity || !isInside(view.layout.rect, x, y)) return;
  drawArrow(context, x, y, ...arrowOf(...view.layout.displace(velocity)), ball.colour);
}

/** The arrow of a velocity in px an update; no longer than a limit, and none where there is no direction. */
export function arrowOf(right, down) {
  const length = ARROW_UPDATES * Math.hypot(right, down);
  if (!(length > 0) || !Number.isFinite(length)) return [0, 0];
  const longer = (ARROW_UPDATES * ARROW_LONGEST * Math.tanh(length / ARROW_LONGEST)) / length;
  return [longer * right, longer * down];
}

/** What a ball would move by next were the gradient zero, d numbers; null of a rule without memory. */
export function velocityOf(model, ball) {
  const { run, method } = ball;
  const rule = model.rules?.[method?.rule];
  if (!rule?.remembers || !run.states) return null;
  const update = Math.max(0, Math.min(run.states.length / rule.words - 1, Math.floor(ball.at)));
  const row = run.states.subarray(update * rule.words, (update + 1) * rule.words);
  return rule.velocity(row, update, problemOf(model, method).hyper);
}

// What is known of the function, drawn beneath the balls: attraction balls, minima by number, saddles, maxima.

import { canvasFont } from "./axes.js";
import { drawCritical, drawDisc, drawDot } from "./marks.js";

const ALL_NUMBERED = 12; // minima up to which all have their number, beyond it the first eight
const FIRST_NUMBERED = 8;
const SMALLEST_CIRCLE = 7; // px of radius, below which an attraction ball is not drawn around its mark
const ON_SLICE = 0.02; // of a coordinate's width: how near a point must be to a slice to be marked on it

/** Draw them where a frame shows them, all but the numbers, which stand above trails; see `drawNumbers`. */
export function drawKnownPoints(context, view, frame) {
  const { data } = view.model;
  const { show } = frame;
  if (show.attraction) drawAttraction(context, view, onPicture(view, frame.held ?? []));
  const shown = [data.minima, data.saddles, data.maxima].map((points) => onPicture(view, points));
  const size = markSize(view.layout.rect, shown.flat().length);
  if (show.saddles) for (const { px, py } of shown[1]) drawCritical(context, "saddle", px, py, size);
  if (show.maxima) for (const { px, py } of shown[2]) drawCritical(context, "maximum", px, py, size);
  view.numbers = [];
  if (show.minima) drawMinima(context, view, shown[0], 0.62 * size);
}

/** The numbers of the minima, where there is room for them, so that no trail crosses them. */
export function drawNumbers(context, view) {
  const radius = view.layout.width < 420 ? 8 : 9;
  const font = canvasFont(view.layout.width, Math.round(1.25 * radius), "bold");
  for (const { number, px, py } of view.numbers ?? []) drawDisc(context, String(number), px, py, radius, font);
}

/** What of a frame's attraction balls a picture depends on: whose they are. */
export function heldKey({ held = [] }) {
  return held.map(({ number }) => number).join(" ");
}

/** Half the width of marks: a fifth of how far so many points stand apart on average, between 2 and 5.5 px. */
function markSize(rect, count) {
  return Math.max(2, Math.min(5.5, 0.2 * Math.sqrt((rect.width * rect.height) / Math.max(1, count))));
}

/** The points that lie in view and on the slice, each with its place in px. */
export function onPicture(view, points) {
  const { plane, layout, model } = view;
  const shown = [];
  for (const point of points) {
    const [px, py] = layout.project(point.at, 0);
    const { left, top, width, height } = layout.rect;
    if (!isOnSlice(model.data, plane, point.at)) continue;
    if (px >= left && px <= left + width && py >= top && py <= top + height) shown.push({ ...point, px, py });
  }
  return shown;
}

/** Whether a point lies on the drawn plane, as all do of a function of two variables. */
export function isOnSlice({ domain, slice }, plane, at) {
  return !slice || at.every((value, k) => plane.axes.includes(k)
    || Math.abs(value - slice.at[k]) <= ON_SLICE * (domain.high[k] - domain.low[k]));
}

function drawMinima(context, view, minima, dot) {
  const many = minima.length > ALL_NUMBERED;
  const radius = view.layout.width < 420 ? 8 : 9;
  for (const { px, py } of minima) drawDot(context, px, py, dot);
  const taken = [];
  minima.forEach((minimum, k) => {
    if (many && k >= FIRST_NUMBERED) return;
    const place = freePlace(
      view.layout.rect,
      minimum,
      radius,
      [...taken, ...minima.filter((other) => other !== minimum)],
      taken.length,
    );
    if (!place) return;
    taken.push(place);
    view.numbers.push({ ...place, number: minimum.number });
  });
}

/** The first of eight places beside a point where a disc lies within the picture and over no other point. */
function freePlace(rect, { px, py }, radius, others) {
  const away = radius + 6;
  const sides = [
    [1, -1],
    [-1, -1],
    [1, 1],
    [-1, 1],
    [1.3, 0],
    [-1.3, 0],
    [0, -1.3],
    [0, 1.3],
  ];
  for (const [a, b] of sides) {
    const place = { px: px + a * away * 0.8, py: py + b * away * 0.8 };
    const inside =
      place.px > rect.left + radius &&
      place.px < rect.left + rect.width - radius &&
      place.py > rect.top + radius &&
      place.py < rect.top + rect.height - radius;
    const apart = others.every(
      (other) =>
        Math.hypot(other.px - place.px, other.py - place.py) >
        (other.number === undefined ? 2 * radius + 3 : radius + 4),
    );
    if (inside && apart) return place;
  }
  return null;
}

/** Dashed circles around the minima that hold the method: from inside, it is proven to reach them. */
function drawAttraction(context, view, minima) {
  const { layout } = view;
  const [scaleX, scaleY] = [layout.x, layout.y].map((scale) =>
    Math.abs((scale.to - scale.from) / (scale.high - scale.low)),
  );
  context.save();
  context.beginPath();
  context.rect(layout.rect.left, layout.rect.top, layout.rect.width, layout.rect.height);
  context.clip();
  const many = minima.length > 60;
  for (const { ball } of minima) {
    if (!ball || ball.radius * scaleX < SMALLEST_CIRCLE) continue;
    const [px, py] = layout.project(ball.center, 0);
    for (const [colour, dash] of many
      ? [["#1F1F1F", [3, 3]]]
      : [
          ["#FFFFFF", []],
          ["#1F1F1F", [5, 4]],
        ]) {
      context.beginPath();
      context.ellipse(px, py, ball.radius * scaleX, ball.radius * scaleY, 0, 0, 2 * Math.PI);
      context.strokeStyle = colour;
      context.lineWidth = many ? 0.7 : 1.3;
      context.setLineDash(dash);
      context.stroke();
    }
  }
  context.restore();
}

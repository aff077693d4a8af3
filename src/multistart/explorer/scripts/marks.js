// Marks on maps and curves: minima by number, saddles, maxima, the start, arrows, and balls.

import { hexOf, luminanceOf, mixedColour } from "./colours.js";

const FULL_TURN = 2 * Math.PI;
const SHAPES = {
  saddle: [
    [-1, -0.5],
    [-0.5, -1],
    [0, -0.5],
    [0.5, -1],
    [1, -0.5],
    [0.5, 0],
    [1, 0.5],
    [0.5, 1],
    [0, 0.5],
    [-0.5, 1],
    [-1, 0.5],
    [-0.5, 0],
  ],
  maximum: [
    [0, -1],
    [0.95, 0.8],
    [-0.95, 0.8],
  ],
  degenerate: [
    [0, -1.1],
    [1.1, 0],
    [0, 1.1],
    [-1.1, 0],
  ],
};

/** A white mark with a dark edge: a cross for a saddle, a triangle for a maximum, a diamond for a degenerate point. */
export function drawCritical(context, kind, x, y, size) {
  context.beginPath();
  (SHAPES[kind] ?? SHAPES.degenerate).forEach(([a, b], k) => {
    if (k) context.lineTo(x + a * size, y + b * size);
    else context.moveTo(x + a * size, y + b * size);
  });
  context.closePath();
  inkedWhite(context, 1.2);
}

/** A white dot with a dark edge: a minimum whose number stands beside it, or nowhere. */
export function drawDot(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, FULL_TURN);
  inkedWhite(context, 1.1);
}

/** A number in a white disc. */
export function drawDisc(context, text, x, y, radius, font) {
  context.beginPath();
  context.arc(x, y, radius, 0, FULL_TURN);
  inkedWhite(context, 1.3);
  context.font = font;
  context.fillStyle = "#1F1F1F";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 0.5);
}

function inkedWhite(context, width) {
  context.fillStyle = "#FFFFFF";
  context.strokeStyle = "#1F1F1F";
  context.lineWidth = width;
  context.lineJoin = "round";
  context.fill();
  context.stroke();
}

/** Where a start is: a ring with a cross of hairs, dark within white, seen on any ground. */
export function drawStart(context, x, y, size) {
  for (const [width, colour] of [
    [4.5, "#FFFFFF"],
    [1.8, "#1F1F1F"],
  ]) {
    context.beginPath();
    context.arc(x, y, size * 0.55, 0, FULL_TURN);
    for (const [a, b] of [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ]) {
      context.moveTo(x + a * size * 0.55, y + b * size * 0.55);
      context.lineTo(x + a * size * 1.15, y + b * size * 1.15);
    }
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.lineCap = "round";
    context.stroke();
  }
}

/** An arrow from a place along (dx, dy) in px, dark within white; none where it would be shorter than its head. */
export function drawArrow(context, x, y, dx, dy, colour) {
  const length = Math.hypot(dx, dy);
  if (!(length > 6)) return;
  const [a, b] = [dx / length, dy / length];
  const head = Math.min(9, 0.6 * length);
  const [tipX, tipY] = [x + dx, y + dy];
  for (const [width, ink] of [
    [5, "#FFFFFF"],
    [2.4, colour],
  ]) {
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(tipX, tipY);
    context.moveTo(tipX - head * (a + 0.6 * b), tipY - head * (b - 0.6 * a));
    context.lineTo(tipX, tipY);
    context.lineTo(tipX - head * (a - 0.6 * b), tipY - head * (b + 0.6 * a));
    context.lineWidth = width;
    context.strokeStyle = ink;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.stroke();
  }
}

/** An arrowhead at the border of the picture that points to where a ball has gone. */
export function drawGone(context, x, y, angle, colour, size) {
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  context.beginPath();
  context.moveTo(0, 0);
  context.lineTo(-2.3 * size, -size);
  context.lineTo(-1.6 * size, 0);
  context.lineTo(-2.3 * size, size);
  context.closePath();
  context.fillStyle = colour;
  context.strokeStyle = "#FFFFFF";
  context.lineWidth = 1.6;
  context.lineJoin = "round";
  context.fill();
  context.stroke();
  context.restore();
}

/** A ball: a lit sphere with a white edge, and a mark that tells it from others where colours do not. */
export function drawBall(context, x, y, radius, colour, mark, picked = false) {
  if (picked) ring(context, x, y, radius + 5, 2.2, colour);
  context.beginPath();
  context.arc(x, y, radius + 1.6, 0, FULL_TURN);
  context.fillStyle = "#FFFFFF";
  context.fill();
  const light = context.createRadialGradient(x - 0.4 * radius, y - 0.45 * radius, 0.1 * radius, x, y, radius);
  light.addColorStop(0, hexOf(mixedColour(colour, "#FFFFFF", 0.6)));
  light.addColorStop(0.35, colour);
  light.addColorStop(1, hexOf(mixedColour(colour, "#000000", 0.35)));
  context.beginPath();
  context.arc(x, y, radius, 0, FULL_TURN);
  context.fillStyle = light;
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = "#1F1F1F";
  context.stroke();
  drawBallMark(context, x, y, radius, colour, mark);
}

function ring(context, x, y, radius, width, colour) {
  for (const [wide, ink] of [
    [width + 2, "#FFFFFF"],
    [width, colour],
  ]) {
    context.beginPath();
    context.arc(x, y, radius, 0, FULL_TURN);
    context.lineWidth = wide;
    context.strokeStyle = ink;
    context.stroke();
  }
}

/** The mark within a ball, or on its line in a chart: "bar", "cross", "dot", "triangle", "ring", a letter. */
export function drawBallMark(context, x, y, radius, colour, mark) {
  if (!mark || mark === "none") return;
  const ink = luminanceOf(colour) > 0.3 ? "#1F1F1F" : "#FFFFFF";
  const r = 0.52 * radius;
  context.strokeStyle = ink;
  context.fillStyle = ink;
  context.lineWidth = Math.max(1.4, 0.28 * radius);
  context.lineCap = "butt";
  context.beginPath();
  if (mark === "bar") strokeLines(context, [[x - r, y, x + r, y]]);
  else if (mark === "cross")
    strokeLines(context, [
      [x - r, y, x + r, y],
      [x, y - r, x, y + r],
    ]);
  else if (mark === "ring") strokeCircle(context, x, y, 0.85 * r, false);
  else if (mark === "dot") strokeCircle(context, x, y, 0.65 * r, true);
  else if (mark === "triangle") fillTriangle(context, x, y, r);
  else letter(context, x, y, radius, mark);
}

function strokeLines(context, lines) {
  for (const [a, b, c, d] of lines) {
    context.moveTo(a, b);
    context.lineTo(c, d);
  }
  context.stroke();
}

function strokeCircle(context, x, y, radius, filled) {
  context.arc(x, y, radius, 0, FULL_TURN);
  if (filled) context.fill();
  else context.stroke();
}

function fillTriangle(context, x, y, r) {
  context.moveTo(x, y - 1.05 * r);
  context.lineTo(x + r, y + 0.75 * r);
  context.lineTo(x - r, y + 0.75 * r);
  context.fill();
}

function letter(context, x, y, radius, text) {
  context.font = `bold ${Math.round(1.35 * radius)}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(text), x, y + 0.06 * radius);
}

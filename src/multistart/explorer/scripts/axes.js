// Axes of all pictures: the rectangle that data are drawn in, and ticks, numbers and names around it.

import { logLabels, logTicks, niceTicks, stepLabels, stepTicks, tickLabels } from "./ticks.js";

const TICK_LENGTH = 4; // px, as all lengths here

/** The font of numbers and names on a canvas that is so many px wide. */
export function canvasFont(width, size = 0, weight = "") {
  const px = size || (width < 420 ? 11 : width < 1000 ? 12 : 13);
  return `${weight} ${px}px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif`.trim();
}

/** A canvas's drawing context in CSS pixels: the canvas gets as many pixels as the device has. */
export function sizedContext(canvas, width, height, ratio) {
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** Whether a layout is for the size that its canvas has in the page, on this screen. */
export function fitsCanvas(layout, canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  return layout?.width === width && layout.height === height && layout.ratio === (globalThis.devicePixelRatio || 1);
}

/** One axis: from a number to px and back; `kind` is "linear", "log", or "steps" (logarithmic in 1 + step). */
export function createScale(low, high, from, to, kind = "linear") {
  const bend = kind === "log" ? Math.log10 : kind === "steps" ? (v) => Math.log10(1 + v) : (v) => v;
  const unbend = kind === "log" ? (v) => 10 ** v : kind === "steps" ? (v) => 10 ** v - 1 : (v) => v;
  const [a, b] = [bend(low), bend(high)];
  return {
    low,
    high,
    from,
    to,
    kind,
    at: (value) => from + ((bend(value) - a) / (b - a)) * (to - from),
    back: (px) => unbend(a + ((px - from) / (to - from)) * (b - a)),
  };
}

/** Ticks of a scale with their labels, at most `most`; `texts` writes numbers as its language does. */
export function scaleTicks(scale, most, texts, whole = false) {
  const ticks = ticksOf(scale, most, whole);
  const mark = texts?.number ? texts.number(0.5, 2).replace(/\d/g, "") || "." : ".";
  const comma = texts?.whole ? texts.whole(10000).replace(/\d/g, "") || "" : ",";
  const plain = whole ? stepLabels(ticks) : scale.kind === "log" ? logLabels(ticks) : tickLabels(ticks);
  return { ticks, labels: plain.map((label) => (whole ? label.replaceAll(",", comma) : label.replace(".", mark))) };
}

function ticksOf(scale, most, whole) {
  if (whole) return stepTicks(scale.high, most, scale.kind === "steps");
  return scale.kind === "log" ? logTicks(scale.low, scale.high, most) : niceTicks(scale.low, scale.high, most);
}

/** As many ticks as fit beside each other: labels of an upright axis need their height, of a lying one their width. */
export function fittingTicks(context, scale, texts, upright, whole = false) {
  const room = Math.abs(scale.to - scale.from);
  if (upright) return atLeastTwo(scale, Math.min(8, Math.max(2, Math.floor(room / 24))), texts, whole);
  for (let most = Math.min(8, Math.max(2, Math.floor(room / 44))); most > 1; most -= 1) {
    const found = scaleTicks(scale, most, texts, whole);
    if (fit(context, scale, found)) return found;
  }
  return scaleTicks(scale, 2, texts, whole);
}

/** Ticks, more than asked for where these would be one or none, which say nothing of an axis. */
function atLeastTwo(scale, most, texts, whole) {
  const found = scaleTicks(scale, most, texts, whole);
  return found.ticks.length < 2 && most < 6 ? atLeastTwo(scale, most + 1, texts, whole) : found;
}

function fit(context, scale, { ticks, labels }) {
  let end = -Infinity;
  return ticks.every((tick, k) => {
    const half = context.measureText(labels[k]).width / 2;
    const clear = scale.at(tick) - half > end + 8;
    end = scale.at(tick) + half;
    return clear;
  });
}

/**
 * Draw the axes around a rectangle: ticks and numbers below and at the left, names of both.
 *
 * `x` and `y` are {scale, ticks, labels, name}; an upright name stands above the numbers, where it needs no turning.
 */
export function drawAxes(context, rect, x, y, theme, font, grid = false) {
  context.save();
  context.font = font;
  context.lineWidth = 1;
  if (grid) drawGrid(context, rect, x, y, theme);
  context.strokeStyle = theme.ink;
  context.fillStyle = theme.ink;
  context.globalAlpha = 0.9;
  drawTicks(context, rect, x, y);
  context.globalAlpha = 1;
  drawNames(context, rect, x, y, theme);
  context.restore();
}

function drawGrid(context, rect, x, y, theme) {
  context.strokeStyle = theme.faint;
  context.beginPath();
  for (const tick of y.ticks) lineAcross(context, rect.left, rect.left + rect.width, crisp(y.scale.at(tick)));
  for (const tick of x.ticks) lineUp(context, crisp(x.scale.at(tick)), rect.top, rect.top + rect.height);
  context.stroke();
}

function drawTicks(context, rect, x, y) {
  const bottom = rect.top + rect.height;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.beginPath();
  x.ticks.forEach((tick, k) => {
    lineUp(context, crisp(x.scale.at(tick)), bottom, bottom + TICK_LENGTH);
    context.fillText(x.labels[k], x.scale.at(tick), bottom + TICK_LENGTH + 3);
  });
  context.textAlign = "right";
  context.textBaseline = "middle";
  y.ticks.forEach((tick, k) => {
    lineAcross(context, rect.left - TICK_LENGTH, rect.left, crisp(y.scale.at(tick)));
    context.fillText(y.labels[k], rect.left - TICK_LENGTH - 3, y.scale.at(tick));
  });
  context.stroke();
}

function drawNames(context, rect, x, y, theme) {
  context.fillStyle = theme.quiet;
  context.textAlign = "center";
  context.textBaseline = "bottom";
  context.fillText(x.name, rect.left + rect.width / 2, rect.below);
  context.textAlign = "left";
  context.textBaseline = "bottom";
  context.fillText(y.name, Math.max(2, rect.left - rect.nameLeft), rect.top - 6);
}

/** The middle of a device pixel, so that a line of 1 px is one and not two grey ones. */
export function crisp(px) {
  return Math.round(px - 0.5) + 0.5;
}

function lineUp(context, at, from, to) {
  context.moveTo(at, from);
  context.lineTo(at, to);
}

function lineAcross(context, from, to, at) {
  context.moveTo(from, at);
  context.lineTo(to, at);
}

// What lies beneath the balls of a curve: bands of basins, attraction balls, the line itself, axes and known points.

import { canvasFont, drawAxes, fittingTicks } from "./axes.js";
import { hexOf, mixedColour } from "./colours.js";
import { classPaints, endingOf } from "./ground.js";
import { heightScale } from "./heat.js";
import { basinIntervals } from "./intervals.js";
import { drawKnownPoints, heldKey } from "./knownPoints.js";

const CURVE_SAMPLES = 1601; // as in the figures
export const BAND_HEIGHT = 18; // px

/** Samples of the curve over the view, and from where to where its heights are drawn. */
export function curveSamples(view) {
  const [low, high] = [view.plane.view.low[0], view.plane.view.high[0]];
  const xs = Float64Array.from({ length: CURVE_SAMPLES }, (_, k) => low + ((high - low) * k) / (CURVE_SAMPLES - 1));
  const values = xs.map((x) => view.value([x]));
  const scale = heightScale(
    values,
    view.model.data.relief,
    view.model.data.minima.map((one) => one.value),
  );
  const span = scale.high - scale.low;
  return { xs, values, low: scale.low - 0.12 * span, high: scale.high + 0.06 * span, near: 1e-12 * span };
}

/** Draw within a rectangle alone. */
export function clippedTo(context, rect, draw) {
  context.save();
  context.beginPath();
  context.rect(rect.left, rect.top, rect.width, rect.height);
  context.clip();
  draw();
  context.restore();
}

/** Draw them, if anything of them changed. */
export function drawCurveBase(view, frame, theme) {
  const shown = Object.keys(frame.show).filter((name) => frame.show[name]);
  if (frame.basins !== view.basins || frame.basins?.version !== view.basinsVersion)
    view.basinsNumber = (view.basinsNumber ?? 0) + 1;
  view.basins = frame.basins;
  view.basinsVersion = frame.basins?.version;
  const key = [...shown, frame.dark, view.basinsNumber, view.model.texts?.language, heldKey(frame)].join();
  if (key === view.base) return;
  view.base = key;
  const { base: context, rect, width, height } = view.layout;
  context.clearRect(0, 0, width, height);
  if (frame.show.basins && frame.basins) drawBands(view, frame, theme);
  clippedTo(context, rect, () => {
    if (frame.show.attraction) drawAttracted(view, frame.held ?? []);
    drawLine(view, theme);
  });
  drawCurveAxes(view, theme);
  drawKnownPoints(context, view, { ...frame, show: { ...frame.show, attraction: false } });
}

/** Basins as strong bands under the axis and faint ones behind the curve. */
function drawBands(view, frame, theme) {
  const { base: context, rect, x } = view.layout;
  const [low, high] = [view.plane.low[0], view.plane.high[0]];
  const paints = classPaints(frame.basins.classes, theme, frame.dark, false);
  const bottom = rect.top + rect.height;
  for (const { from, to, code } of basinIntervals(frame.basins, low, high)) {
    const [left, right] = [x.at(from), x.at(to)];
    const entry = frame.basins.classes.find((one) => one.code === code);
    if (!entry) continue;
    context.fillStyle = hexOf(mixedColour(entry.colour, frame.dark ? "#14181D" : "#FFFFFF", 0.8));
    context.fillRect(left, rect.top, right - left, rect.height);
    context.fillStyle = endingOf(entry) ? hexOf([...paints[code].table.slice(0, 3)]) : entry.colour;
    context.fillRect(left, bottom, right - left, BAND_HEIGHT);
    if (paints[code].ink) hatch(context, left, right, bottom, paints[code].ink);
    if (frame.show.edges && to < high) drawEdgeLine(context, right, rect.top, bottom + BAND_HEIGHT, theme);
  }
}

function hatch(context, left, right, top, ink) {
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, BAND_HEIGHT);
  context.clip();
  context.beginPath();
  for (let px = Math.floor(left / 8) * 8 - BAND_HEIGHT; px < right; px += 8) {
    context.moveTo(px, top + BAND_HEIGHT);
    context.lineTo(px + BAND_HEIGHT, top);
  }
  context.strokeStyle = hexOf(ink);
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

function drawEdgeLine(context, px, from, to, theme) {
  context.beginPath();
  context.moveTo(px, from);
  context.lineTo(px, to);
  context.strokeStyle = theme.ink;
  context.lineWidth = 1;
  context.stroke();
}

/** Dashed lines at the ends of attraction balls. */
function drawAttracted(view, minima) {
  const { base: context, rect, x } = view.layout;
  context.setLineDash([5, 4]);
  context.lineWidth = 1;
  context.strokeStyle = "#7A828A";
  context.beginPath();
  for (const { ball } of minima) {
    for (const end of [ball.center[0] - ball.radius, ball.center[0] + ball.radius]) {
      context.moveTo(x.at(end), rect.top);
      context.lineTo(x.at(end), rect.top + rect.height);
    }
  }
  context.stroke();
  context.setLineDash([]);
}

function drawLine(view, theme) {
  const { base: context, x, y } = view.layout;
  const { xs, values, low, high } = view.samples;
  const [least, most] = [low - 4 * (high - low), high + 4 * (high - low)];
  context.beginPath();
  let drawing = false;
  values.forEach((value, k) => {
    const px = [x.at(xs[k]), y.at(Math.max(least, Math.min(most, value)))];
    if (Number.isNaN(value)) drawing = false;
    else if (drawing) context.lineTo(...px);
    else context.moveTo(...px);
    drawing = !Number.isNaN(value);
  });
  context.lineJoin = "round";
  for (const [width, colour] of [
    [5, theme.paper],
    [2.2, theme.ink],
  ]) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
}

function drawCurveAxes(view, theme) {
  const { base: context, rect, x, y, width } = view.layout;
  const { model } = view;
  const font = canvasFont(width);
  context.font = font;
  const name = model.data.variables[0];
  const across = { scale: x, ...fittingTicks(context, x, model.texts, false), name };
  const up = { scale: y, ...fittingTicks(context, y, model.texts, true), name: `f(${name})` };
  context.strokeStyle = theme.ink;
  context.lineWidth = 1;
  context.strokeRect(rect.left + 0.5, rect.top + 0.5, rect.width - 1, rect.height + BAND_HEIGHT - 1);
  drawAxes(context, { ...rect, height: rect.height + BAND_HEIGHT }, across, up, theme, font);
}

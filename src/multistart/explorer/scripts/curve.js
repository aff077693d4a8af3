// The curve of a function of one variable, its basins as a band under it, and balls that roll on it with their tangents.

import { canvasFont, createScale, drawAxes, fittingTicks, sizedContext } from "./axes.js";
import { hexOf, mixedColour, themeOf } from "./colours.js";
import { classPaints, endingOf } from "./ground.js";
import { drawnPlane, heightScale, plainValue } from "./heat.js";
import { basinIntervals } from "./intervals.js";
import { drawKnownPoints } from "./knownPoints.js";
import { drawMovers } from "./movers.js";
import { createTrailLayer } from "./trails.js";

const CURVE_SAMPLES = 1601; // as in the figures
const BAND_HEIGHT = 18; // px
const TANGENT_HALF = 70; // px
const TANGENTS_MOST = 2; // balls up to which each has its tangent

/** A view of a function of one variable, with the same four functions as the map's. */
export function createCurve(canvas, model) {
  const plane = drawnPlane(model.data);
  const view = { canvas, model, plane, value: plainValue(model), samples: null, layout: null, base: "" };
  return {
    draw: (frame) => drawCurveView(view, frame),
    pick: (clientX, clientY) => pickedPlace(view, clientX, clientY),
    resize: () => layOutCurve(view),
    destroy: () => { view.layout = null; view.samples = null; },
  };
}

function drawCurveView(view, frame) {
  const { canvas, layout } = view;
  const ratio = globalThis.devicePixelRatio || 1;
  if (!layout || layout.width !== canvas.clientWidth || layout.height !== canvas.clientHeight || layout.ratio !== ratio) layOutCurve(view);
  const { context, rect, width, height, base, trailCanvas, trails } = view.layout;
  if (rect.width < 20 || rect.height < 20) return;
  const theme = themeOf(frame.dark);
  drawCurveBase(view, frame, theme);
  const tails = trails.draw(frame.balls, theme.casing);
  context.clearRect(0, 0, width, height);
  context.drawImage(base.canvas, 0, 0, width, height);
  clippedTo(context, rect, () => {
    context.drawImage(trailCanvas, 0, 0, width, height);
    for (const ball of tangentBalls(frame.balls)) drawTangent(view, ball, theme);
  });
  drawMovers(context, view, frame, theme, tails);
}

function clippedTo(context, rect, draw) {
  context.save();
  context.beginPath();
  context.rect(rect.left, rect.top, rect.width, rect.height);
  context.clip();
  draw();
  context.restore();
}

/** Samples of the curve over the view, and from where to where its heights are drawn. */
export function curveSamples(view) {
  const [low, high] = [view.plane.view.low[0], view.plane.view.high[0]];
  const xs = Float64Array.from({ length: CURVE_SAMPLES }, (_, k) => low + ((high - low) * k) / (CURVE_SAMPLES - 1));
  const values = xs.map((x) => view.value([x]));
  const scale = heightScale(values, view.model.data.relief, view.model.data.minima.map((one) => one.value));
  const span = scale.high - scale.low;
  return { xs, values, low: scale.low - 0.12 * span, high: scale.high + 0.06 * span, near: 1e-12 * span };
}

function layOutCurve(view) {
  const { canvas, plane, model } = view;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const ratio = globalThis.devicePixelRatio || 1;
  const context = sizedContext(canvas, width, height, ratio);
  context.font = canvasFont(width);
  view.samples ??= curveSamples(view);
  const { low, high } = view.samples;
  const line = Number.parseInt(context.font.match(/(\d+)px/)[1], 10);
  const top = line + 12;
  const bottom = 2 * line + 16 + BAND_HEIGHT;
  const upright = createScale(low, high, height - bottom, top);
  const labels = fittingTicks(context, upright, model.texts, true).labels;
  const left = 14 + Math.max(14, ...labels.map((label) => context.measureText(label).width));
  const rect = { left, top, width: width - left - 12, height: height - top - bottom, below: height - 3, nameLeft: left - 4 };
  const x = createScale(plane.view.low[0], plane.view.high[0], rect.left, rect.left + rect.width);
  const project = (points, offset) => [x.at(points[offset]), upright.at(view.value([points[offset]]))];
  const displace = (v) => [(v[0] * (x.to - x.from)) / (x.high - x.low), 0];
  const trailCanvas = document.createElement("canvas");
  const trails = createTrailLayer(sizedContext(trailCanvas, width, height, ratio), project, 1);
  const base = sizedContext(document.createElement("canvas"), width, height, ratio);
  view.layout = { width, height, ratio, context, rect, x, y: upright, project, displace, base, trailCanvas, trails };
  view.base = "";
}

function pickedPlace(view, clientX, clientY) {
  if (!view.layout) layOutCurve(view);
  const { rect, x, width, height } = view.layout;
  const box = view.canvas.getBoundingClientRect();
  const px = ((clientX - box.left) / (box.width || 1)) * width;
  const py = ((clientY - box.top) / (box.height || 1)) * height;
  const outside = px < rect.left - 10 || px > rect.left + rect.width + 10 || py < rect.top - 10 || py > rect.below;
  return outside ? null : [x.back(Math.min(rect.left + rect.width, Math.max(rect.left, px)))];
}

function drawCurveBase(view, frame, theme) {
  const shown = Object.keys(frame.show).filter((name) => frame.show[name]);
  if (frame.basins !== view.basins || frame.basins?.version !== view.basinsVersion) view.basinsNumber = (view.basinsNumber ?? 0) + 1;
  view.basins = frame.basins;
  view.basinsVersion = frame.basins?.version;
  const key = [...shown, frame.dark, view.basinsNumber, view.model.texts?.language].join();
  if (key === view.base) return;
  view.base = key;
  const { base: context, rect, width, height } = view.layout;
  context.clearRect(0, 0, width, height);
  if (frame.show.basins && frame.basins) drawBands(view, frame, theme);
  clippedTo(context, rect, () => {
    if (frame.show.attraction) drawAttracted(view);
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
function drawAttracted(view) {
  const { base: context, rect, x } = view.layout;
  context.setLineDash([5, 4]);
  context.lineWidth = 1;
  context.strokeStyle = "#7A828A";
  context.beginPath();
  for (const { ball } of view.model.data.minima) {
    if (!ball) continue;
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
  for (const [width, colour] of [[5, theme.paper], [2.2, theme.ink]]) {
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

/** The balls whose tangents are drawn: all of a few, else the one that is picked, or the first. */
function tangentBalls(balls) {
  if (balls.length <= TANGENTS_MOST) return balls;
  return [balls.find((ball) => ball.picked) ?? balls[0]];
}

function drawTangent(view, ball, theme) {
  const { context, x, y } = view.layout;
  const last = ball.run.points.length - 1;
  const below = Math.max(0, Math.min(last, Math.floor(ball.at)));
  const part = below < last ? Math.min(1, ball.at - below) : 0;
  const at = ball.run.points[below] + part * ((ball.run.points[Math.min(last, below + 1)] ?? 0) - ball.run.points[below]);
  const slope = slopeAt(view, at);
  const [px, py] = [x.at(at), y.at(view.value([at]))];
  const rise = (slope * (y.to - y.from) * (x.high - x.low)) / ((y.high - y.low) * (x.to - x.from));
  const half = TANGENT_HALF / Math.hypot(1, rise);
  if (!Number.isFinite(px + py + half)) return;
  context.lineCap = "round";
  for (const [width, colour] of [[5, theme.paper], [2.2, ball.colour]]) {
    context.beginPath();
    context.moveTo(px - half, py - half * rise);
    context.lineTo(px + half, py + half * rise);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
}

/** The derivative at a place; by the function's own lines where they are there, else by a central difference. */
function slopeAt(view, at) {
  const { objective, numbers } = view.model;
  if (objective?.plain?.gradient) {
    const out = new Float64Array(1);
    objective.plain.gradient([at], numbers ?? [], out);
    return out[0];
  }
  const h = 1e-6 * (view.plane.high[0] - view.plane.low[0]);
  return (view.value([at + h]) - view.value([at - h])) / (2 * h);
}

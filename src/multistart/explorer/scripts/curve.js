// The curve of a function of one variable, and balls that roll on it with their tangents.

import { canvasFont, createScale, fitsCanvas, fittingTicks, sizedContext } from "./axes.js";
import { themeOf } from "./colours.js";
import { BAND_HEIGHT, clippedTo, curveSamples, drawCurveBase } from "./curveBase.js";
import { drawnPlane, plainValue } from "./heat.js";
import { drawNumbers } from "./knownPoints.js";
import { drawMovers } from "./movers.js";
import { createTrailLayer } from "./trails.js";

const TANGENT_HALF = 70; // px
const TANGENTS_MOST = 2; // balls up to which each has its tangent

/** A view of a function of one variable, with the same four functions as the map's. */
export function createCurve(canvas, model) {
  const plane = drawnPlane(model.data);
  const view = { canvas, model, plane, value: plainValue(model), samples: null, layout: null, base: "" };
  return {
    draw: (frame) => drawCurveView(view, frame),
    pick: (clientX, clientY) => pickedPlace(view, clientX, clientY),
    resize: () => layOutCurveAnew(view),
    destroy: () => {
      view.layout = null;
      view.samples = null;
    },
  };
}

function drawCurveView(view, frame) {
  layOutCurveAnew(view);
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
  drawNumbers(context, view);
  drawMovers(context, view, frame, theme, tails);
}

function layOutCurveAnew(view) {
  if (!fitsCanvas(view.layout, view.canvas)) layOutCurve(view);
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
  const rect = {
    left,
    top,
    width: width - left - 12,
    height: height - top - bottom,
    below: height - 3,
    nameLeft: left - 4,
  };
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
  layOutCurveAnew(view);
  const { rect, x, width, height } = view.layout;
  const box = view.canvas.getBoundingClientRect();
  const px = ((clientX - box.left) / (box.width || 1)) * width;
  const py = ((clientY - box.top) / (box.height || 1)) * height;
  const outside = px < rect.left - 10 || px > rect.left + rect.width + 10 || py < rect.top - 10 || py > rect.below;
  return outside ? null : [x.back(Math.min(rect.left + rect.width, Math.max(rect.left, px)))];
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
  const at =
    ball.run.points[below] + part * ((ball.run.points[Math.min(last, below + 1)] ?? 0) - ball.run.points[below]);
  const slope = slopeAt(view, at);
  const [px, py] = [x.at(at), y.at(view.value([at]))];
  const rise = (slope * (y.to - y.from) * (x.high - x.low)) / ((y.high - y.low) * (x.to - x.from));
  const half = TANGENT_HALF / Math.hypot(1, rise);
  if (!Number.isFinite(px + py + half)) return;
  context.lineCap = "round";
  for (const [width, colour] of [
    [5, theme.casing],
    [2.2, ball.colour],
  ]) {
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

// The map: heights, basins, contours and known points of the function from above, and balls that roll on it.

import { canvasFont, createScale, fitsCanvas, fittingTicks, sizedContext } from "./axes.js";
import { themeOf } from "./colours.js";
import { drawnPlane } from "./heat.js";
import { drawNumbers } from "./knownPoints.js";
import { drawBase } from "./mapBase.js";
import { drawMovers } from "./movers.js";
import { createTrailLayer } from "./trails.js";

const ALIKE = [0.4, 2.5]; // ratios of the domain's sides between which the map is true to scale
const PICK_MARGIN = 10; // px around the picture that still count as its border

/**
 * A view of a function of two variables or more (of these the study's slice, on which points are projected).
 *
 * `draw(frame)` draws what changed since the last frame; `pick(clientX, clientY)` is the point there, d numbers, or
 * null; `resize()` reads the canvas's size in the page anew; `destroy()` frees what was drawn.
 */
export function createMap(canvas, model) {
  const view = { canvas, model, plane: drawnPlane(model.data), field: null, layout: null, base: "", ground: {} };
  return {
    draw: (frame) => drawMap(view, frame),
    pick: (clientX, clientY) => pickedPoint(view, clientX, clientY),
    resize: () => layOutAnew(view),
    destroy: () => {
      view.layout = null;
      view.field = null;
      view.ground = {};
    },
  };
}

function drawMap(view, frame) {
  layOutAnew(view);
  if (view.layout.rect.width < 20 || view.layout.rect.height < 20) return;
  const theme = themeOf(frame.dark);
  drawBase(view, frame, theme);
  const tails = view.layout.trails.draw(frame.balls, theme.casing);
  compose(view, frame, theme, tails);
}

/** The balls above their trails above everything else, each layer copied pixel by pixel. */
function compose(view, frame, theme, tails) {
  const { context, rect, base, trailCanvas, width, height } = view.layout;
  context.clearRect(0, 0, width, height);
  context.drawImage(base.canvas, 0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(rect.left, rect.top, rect.width, rect.height);
  context.clip();
  context.drawImage(trailCanvas, 0, 0, width, height);
  context.restore();
  drawNumbers(context, view);
  drawMovers(context, view, frame, theme, tails);
}

function layOutAnew(view) {
  if (!fitsCanvas(view.layout, view.canvas)) layOut(view);
}

/** Where everything stands on a canvas of this size; the layers are made anew. */
function layOut(view) {
  const { canvas, plane, model } = view;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const ratio = globalThis.devicePixelRatio || 1;
  const context = sizedContext(canvas, width, height, ratio);
  context.font = canvasFont(width);
  const rect = mapRectangle(context, width, height, plane.view, model.texts);
  const x = createScale(plane.view.low[0], plane.view.high[0], rect.left, rect.left + rect.width);
  const y = createScale(plane.view.low[1], plane.view.high[1], rect.top + rect.height, rect.top);
  const project = (points, offset) => [x.at(points[offset + plane.axes[0]]), y.at(points[offset + plane.axes[1]])];
  const displace = (v) =>
    plane.axes.map((axis, k) => (v[axis] * [rect.width, -rect.height][k]) / (plane.view.high[k] - plane.view.low[k]));
  const [base, trailCanvas] = [newLayer(width, height, ratio), document.createElement("canvas")];
  const trails = createTrailLayer(
    sizedContext(trailCanvas, width, height, ratio),
    project,
    model.data.variables.length,
  );
  view.layout = { width, height, ratio, context, rect, x, y, project, displace, base, trailCanvas, trails };
  view.base = "";
  view.ground = {};
}

function newLayer(width, height, ratio) {
  return sizedContext(document.createElement("canvas"), width, height, ratio);
}

/** The largest rectangle that numbers and names leave, true to scale where the domain's sides are alike. */
function mapRectangle(context, width, height, box, texts) {
  const line = Number.parseInt(context.font.match(/(\d+)px/)[1], 10);
  const left = 14 + widestLabel(context, box, height, texts);
  const [top, bottom, right] = [line + 12, 2 * line + 16, 12];
  const [wide, tall] = [width - left - right, height - top - bottom];
  const ratio = (box.high[1] - box.low[1]) / (box.high[0] - box.low[0]);
  const alike = ratio >= ALIKE[0] && ratio <= ALIKE[1];
  const side = Math.min(wide, tall / ratio);
  const [across, up] = alike ? [side, side * ratio] : [wide, tall];
  const [spareX, spareY] = [(wide - across) / 2, (tall - up) / 2];
  return {
    left: Math.round(left + spareX),
    top: Math.round(top + spareY),
    width: Math.round(across),
    height: Math.round(up),
    below: Math.round(top + spareY + up) + bottom - 3,
    nameLeft: left - 4,
  };
}

function widestLabel(context, box, height, texts) {
  const { labels } = fittingTicks(context, createScale(box.low[1], box.high[1], height - 40, 20), texts, true);
  return Math.max(14, ...labels.map((label) => context.measureText(label).width));
}

function pickedPoint(view, clientX, clientY) {
  layOutAnew(view);
  const { rect, x, y, width, height } = view.layout;
  const box = view.canvas.getBoundingClientRect();
  const px = ((clientX - box.left) / (box.width || 1)) * width;
  const py = ((clientY - box.top) / (box.height || 1)) * height;
  const [nearX, nearY] = [within(px, rect.left, rect.width), within(py, rect.top, rect.height)];
  if (Math.hypot(px - nearX, py - nearY) > PICK_MARGIN) return null;
  return view.plane.point(x.back(nearX), y.back(nearY));
}

function within(px, from, size) {
  return Math.min(from + size, Math.max(from, px));
}

// What lies beneath the balls of a map: the ground, contours, edges of basins, known points, and the frame.

import { canvasFont, drawAxes, fittingTicks } from "./axes.js";
import { basinLabels } from "./basinImage.js";
import { contourLines } from "./contours.js";
import { classPaints, paintGround, plainPaint } from "./ground.js";
import { heightPositions, heightScale, plainValue, sampledHeights } from "./heat.js";
import { drawKnownPoints, heldKey } from "./knownPoints.js";

const GRID_NODES = 241; // on each side, as in the figures
const GROUND_PIXELS = 1100; // of the ground's longer side: finer than the screen up to it, and coarser beyond it

/** Draw what lies beneath the balls, if anything of it changed. */
export function drawBase(view, frame, theme) {
  const key = baseKey(view, frame);
  if (key === view.base) return;
  view.base = key;
  const { base: context, rect, width, height } = view.layout;
  context.clearRect(0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(rect.left, rect.top, rect.width, rect.height);
  context.clip();
  drawGround(view, frame, theme);
  if (frame.show.contours) drawContours(view, frame.show.basins && frame.basins ? theme.onBasins : theme.contour);
  if (frame.show.edges && frame.show.basins && frame.basins?.edges) drawEdges(view, frame.basins, theme);
  drawDomain(view, theme);
  context.restore();
  drawKnownPoints(context, view, frame);
  drawFrame(view, theme);
}

/** What the picture beneath the balls depends on; basins by a number of their own, as they may be many. */
function baseKey(view, frame) {
  const shown = Object.keys(frame.show).filter((name) => frame.show[name]);
  if (frame.basins !== view.basins || frame.basins?.version !== view.basinsVersion) {
    view.basins = frame.basins;
    view.basinsVersion = frame.basins?.version;
    view.basinsNumber = (view.basinsNumber ?? 0) + 1;
  }
  return [...shown, frame.dark, view.basinsNumber, view.model.texts?.language, heldKey(frame)].join();
}

/** Heights on the grid of the figures, their scale and contours, computed once for a function. */
function fieldOf(model, plane, nodes = GRID_NODES) {
  const value = plainValue(model);
  const values = sampledHeights((x, y) => value(plane.point(x, y)), plane.view.low, plane.view.high, nodes, nodes);
  const scale = heightScale(
    values,
    model.data.relief,
    model.data.slice ? [] : model.data.minima.map((one) => one.value),
  );
  return { columns: nodes, rows: nodes, values, scale, positions: heightPositions(values, scale) };
}

function drawGround(view, frame, theme) {
  const { base: context, rect, ratio } = view.layout;
  view.field ??= fieldOf(view.model, view.plane);
  const side = Math.max(rect.width, rect.height);
  const size = 2 * side <= GROUND_PIXELS ? Math.max(ratio, 2) : Math.min(ratio, Math.max(1, GROUND_PIXELS / side));
  const [width, height] = [Math.round(rect.width * size), Math.round(rect.height * size)];
  const basins = frame.show.basins ? frame.basins : null;
  const labels = basins ? labelsOf(view, basins, width, height) : null;
  const image = new ImageData(width, height);
  const paints = basins ? classPaints(basins.classes, theme, frame.dark, frame.show.heat) : [];
  const plain = plainPaint(theme, frame.show.heat);
  paintGround(
    image.data,
    width,
    height,
    view.field,
    labels,
    paints,
    plain,
    theme.unknown,
    Math.max(4, Math.round(9 * size)),
  );
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
  context.drawImage(canvas, rect.left, rect.top, rect.width, rect.height);
}

/** Codes of the ground's pixels, computed once for basins and size. */
function labelsOf(view, basins, width, height) {
  if (view.ground.number === view.basinsNumber && view.ground.width === width) return view.ground.labels;
  const { low, high, view: box } = view.plane;
  const across = (i) => (box.low[0] + ((i + 0.5) / width) * (box.high[0] - box.low[0]) - low[0]) / (high[0] - low[0]);
  const up = (j) => (box.high[1] - ((j + 0.5) / height) * (box.high[1] - box.low[1]) - low[1]) / (high[1] - low[1]);
  const walls = (basins.edges ?? []).map(({ points }) =>
    Array.from(points, (value, k) =>
      k % 2
        ? ((box.high[1] - value) / (box.high[1] - box.low[1])) * height
        : ((value - box.low[0]) / (box.high[0] - box.low[0])) * width,
    ),
  );
  view.ground = { number: view.basinsNumber, width, labels: basinLabels(basins, width, height, across, up, walls) };
  return view.ground.labels;
}

/** Edges of basins as thick lines; those that only a limit of the descents makes thin and dotted. */
function drawEdges(view, basins, theme) {
  const { base: context } = view.layout;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = theme.edge;
  context.fillStyle = theme.edge;
  for (const { points, limited } of basins.edges) {
    context.lineWidth = limited ? 1 : view.layout.width < 420 ? 1.3 : 1.8;
    context.setLineDash(limited ? [1, 2.5] : []);
    drawEdge(view, points);
  }
  context.setLineDash([]);
}

/** One polyline of an edge; a single point, as of a fractal boundary, is a dot. */
function drawEdge(view, line) {
  const { base: context, x, y } = view.layout;
  context.beginPath();
  if (line.length === 2) {
    context.arc(x.at(line[0]), y.at(line[1]), 0.5 * context.lineWidth, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  for (let k = 0; k < line.length; k += 2) context.lineTo(x.at(line[k]), y.at(line[k + 1]));
  context.stroke();
}

function drawContours(view, colour) {
  const { base: context, rect } = view.layout;
  const { field } = view;
  field.contours ??= field.scale.levels
    .map((level) => contourLines(field.values, field.columns, field.rows, level))
    .flat();
  context.beginPath();
  for (const line of field.contours) {
    for (let k = 0; k < line.length; k += 2) {
      const px = rect.left + (line[k] / (field.columns - 1)) * rect.width;
      const py = rect.top + (1 - line[k + 1] / (field.rows - 1)) * rect.height;
      if (k) context.lineTo(px, py);
      else context.moveTo(px, py);
    }
  }
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.lineJoin = "round";
  context.stroke();
}

/** A dashed frame around the domain, from which the study's starts come. */
function drawDomain(view, theme) {
  const { base: context, x, y } = view.layout;
  const { low, high } = view.plane;
  context.setLineDash([6, 4]);
  context.lineWidth = 1;
  context.strokeStyle = theme.ink;
  context.globalAlpha = 0.75;
  context.strokeRect(x.at(low[0]), y.at(high[1]), x.at(high[0]) - x.at(low[0]), y.at(low[1]) - y.at(high[1]));
  context.globalAlpha = 1;
  context.setLineDash([]);
}

function drawFrame(view, theme) {
  const { base: context, rect, x, y, width } = view.layout;
  const { plane, model } = view;
  const font = canvasFont(width);
  context.font = font;
  context.strokeStyle = theme.ink;
  context.lineWidth = 1;
  context.strokeRect(rect.left + 0.5, rect.top + 0.5, rect.width - 1, rect.height - 1);
  const [nameX, nameY] = plane.axes.map((axis) => model.data.variables[axis]);
  const across = { scale: x, ...fittingTicks(context, x, model.texts, false), name: nameX };
  const up = { scale: y, ...fittingTicks(context, y, model.texts, true), name: nameY };
  drawAxes(context, rect, across, up, theme, font);
}

/**
 * The colours of a surface: the ground of the map, with its contours and edges, in the light that falls on each slope.
 *
 * A square picture of the domain, seen from above; the triangles of `raster.js` take their pixels from it.
 */

import { basinLabels } from "./basinImage.js";
import { contourLines } from "./contours.js";
import { classPaints, paintGround, plainPaint } from "./ground.js";
import { heightPositions } from "./heat.js";
import { CELLS } from "./terrain.js";

export const SKIN_SIZE = 1152; // texels across: eight a cell
const BELOW = 0.62; // how bright is what is seen from below
const PERIOD = 9; // of patterns, in pixels of the page, as widths of lines are
const EDGE = 1.7;
const CONTOUR = 0.9;
const THINNER = [1, 0.7, 0.5, 0.35, 0.25, 0.17]; // widths of contours where it is steeper and steeper

/**
 * The skin of a terrain in a frame's colours: `size`, and what is seen from above and from below as RGBA words. `texel` is
 * how many texels a pixel of the page is wide.
 */
export function makeSkin(terrain, frame, theme, texel) {
  const paper = blankCanvas(SKIN_SIZE, SKIN_SIZE),
    context = paper.getContext("2d", { willReadFrequently: true });
  const image = context.createImageData(SKIN_SIZE, SKIN_SIZE);
  const { show, basins } = frame,
    walls = basins && show.basins ? wallsOf(terrain, basins) : [];
  const lines = walls.map(({ points }) => points);
  const labels =
    basins && show.basins ? basinLabels(basins, SKIN_SIZE, SKIN_SIZE, middleOf, (j) => 1 - middleOf(j), lines) : null;
  const paints = labels ? classPaints(basins.classes, theme, frame.dark, show.heat) : [];
  const field = { positions: heightPositions(terrain.value, terrain.scale), columns: CELLS + 1, rows: CELLS + 1 };
  paintGround(
    image.data,
    SKIN_SIZE,
    SKIN_SIZE,
    field,
    labels,
    paints,
    plainPaint(theme, show.heat),
    theme.unknown,
    Math.round(PERIOD * texel),
  );
  context.putImageData(image, 0, 0);
  if (show.contours) strokeContours(context, terrain, labels ? theme.onBasins : theme.contour, CONTOUR * texel);
  if (labels && show.edges !== false) strokeWalls(context, walls, theme.edge, texel);
  return lit(context.getImageData(0, 0, SKIN_SIZE, SKIN_SIZE).data, terrain.light);
}

/** A canvas that stands nowhere. */
export function blankCanvas(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

function middleOf(k) {
  return (k + 0.5) / SKIN_SIZE;
}

/** The edges between basins, in texels; `limited` are those that only a limit draws. */
function wallsOf(terrain, { edges }) {
  const { low, high } = terrain.domain;
  const texels = (points) =>
    Array.from(points, (c, k) => {
      const part = (c - low[k % 2]) / (high[k % 2] - low[k % 2]);
      return SKIN_SIZE * (k % 2 ? 1 - part : part);
    });
  return (edges ?? []).map(({ points, limited }) => ({ points: texels(points), limited }));
}

/** Edges as lines, dotted where only a limit draws them. */
function strokeWalls(context, walls, colour, texel) {
  for (const limited of [false, true]) {
    context.setLineDash(limited ? [texel, 2.5 * texel] : []);
    strokeAll(
      context,
      walls.filter((wall) => wall.limited === limited).map(({ points }) => points),
      colour,
      (limited ? 1 : EDGE) * texel,
    );
  }
  context.setLineDash([]);
}

/** Contours, thinner where it is steep: a slope stretches the skin, and they are to look alike everywhere. */
function strokeContours(context, terrain, colour, width) {
  const texels = SKIN_SIZE / CELLS,
    n = CELLS + 1;
  const lines = terrain.scale.levels.flatMap((level) => contourLines(terrain.value, n, n, level));
  const parts = lines.flatMap((line) => partsBySlope(line, terrain.flat));
  for (let k = 0; k < THINNER.length; k += 1) {
    const alike = parts.filter((part) => part.steep === k).map(({ line }) => line);
    strokeAll(
      context,
      alike.map((line) => line.map((c, j) => texels * (j % 2 ? CELLS - c : c))),
      colour,
      THINNER[k] * width,
    );
  }
}

/** A line of the grid in parts that are about as steep, each beginning where the last ends. */
function partsBySlope(line, flat) {
  const steepAt = (k) => {
    const level = flat[Math.round(line[k + 1]) * (CELLS + 1) + Math.round(line[k])];
    return THINNER.findLastIndex((factor) => level <= factor * 1.2 || factor === 1);
  };
  const parts = [];
  for (let k = 0; k + 3 < line.length; k += 2) {
    const steep = steepAt(k),
      last = parts[parts.length - 1];
    if (last?.steep === steep) last.line.push(line[k + 2], line[k + 3]);
    else parts.push({ steep, line: Array.from(line.subarray(k, k + 4)) });
  }
  return parts;
}

function strokeAll(context, lines, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.beginPath();
  for (const line of lines) {
    for (let k = 0; k + 1 < line.length; k += 2) context[k ? "lineTo" : "moveTo"](line[k], line[k + 1]);
  }
  context.stroke();
}

/** The picture in the light, from above and from below; row 0 is now the low side. */
function lit(bytes, light) {
  const upper = new Uint32Array(SKIN_SIZE * SKIN_SIZE),
    lower = new Uint32Array(SKIN_SIZE * SKIN_SIZE);
  for (let j = 0, k = 0; j < SKIN_SIZE; j++) {
    for (let i = 0; i < SKIN_SIZE; i++, k++) {
      const bright = lightAt(light, i, j),
        from = 4 * ((SKIN_SIZE - 1 - j) * SKIN_SIZE + i);
      upper[k] = shaded(bytes, from, bright);
      lower[k] = shaded(bytes, from, BELOW * bright);
    }
  }
  return { size: SKIN_SIZE, upper, lower };
}

/** The light at a texel, between the corners of its cell. */
function lightAt(light, i, j) {
  const n = CELLS + 1,
    across = ((i + 0.5) * CELLS) / SKIN_SIZE,
    up = ((j + 0.5) * CELLS) / SKIN_SIZE;
  const a = across - Math.floor(across),
    b = up - Math.floor(up),
    k = Math.floor(up) * n + Math.floor(across);
  return (1 - b) * ((1 - a) * light[k] + a * light[k + 1]) + b * ((1 - a) * light[k + n] + a * light[k + n + 1]);
}

/** A colour so bright, as a word: above 1 it goes to white, as what shines does. */
function shaded(bytes, from, bright) {
  const white = bright > 1 ? 255 * (bright - 1) : 0,
    part = bright > 1 ? 2 - bright : bright;
  const r = bytes[from] * part + white + 0.5,
    g = bytes[from + 1] * part + white + 0.5;
  return 0xff000000 | ((bytes[from + 2] * part + white + 0.5) << 16) | (g << 8) | r;
}

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

const SIZE = 1152; // texels across: eight a cell
const BELOW = 0.62; // how bright is what is seen from below
const PERIOD = SIZE / 40; // of patterns

/** The skin of a terrain in a frame's colours: `size`, and what is seen from above and from below as RGBA words. */
export function makeSkin(terrain, frame, theme) {
  const paper = blankCanvas(SIZE, SIZE), context = paper.getContext("2d", { willReadFrequently: true });
  const image = context.createImageData(SIZE, SIZE);
  const { show, basins } = frame, walls = basins && show.basins ? wallsOf(terrain, basins) : [];
  const lines = walls.map(({ points }) => points);
  const labels = basins && show.basins ? basinLabels(basins, SIZE, SIZE, middleOf, (j) => 1 - middleOf(j), lines) : null;
  const paints = labels ? classPaints(basins.classes, theme, frame.dark, show.heat) : [];
  const field = { positions: heightPositions(terrain.value, terrain.scale), columns: CELLS + 1, rows: CELLS + 1 };
  paintGround(image.data, SIZE, SIZE, field, labels, paints, plainPaint(theme, show.heat), theme.unknown, PERIOD);
  context.putImageData(image, 0, 0);
  if (show.contours) strokeContours(context, terrain, labels ? theme.onBasins : theme.contour);
  if (labels && show.edges !== false) strokeWalls(context, walls, theme.edge);
  return lit(context.getImageData(0, 0, SIZE, SIZE).data, terrain.light);
}

/** A canvas that stands nowhere. */
export function blankCanvas(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

function middleOf(k) {
  return (k + 0.5) / SIZE;
}

/** The edges between basins, in texels; `limited` are those that only a limit draws. */
function wallsOf(terrain, { edges }) {
  const { low, high } = terrain.domain;
  const texels = (points) => Array.from(points, (c, k) => {
    const part = (c - low[k % 2]) / (high[k % 2] - low[k % 2]);
    return SIZE * (k % 2 ? 1 - part : part);
  });
  return edges.map(({ points, limited }) => ({ points: texels(points), limited }));
}

/** Edges as lines, dotted where only a limit draws them. */
function strokeWalls(context, walls, colour) {
  for (const limited of [false, true]) {
    context.setLineDash(limited ? [2, 7] : []);
    strokeAll(context, walls.filter((wall) => wall.limited === limited).map(({ points }) => points), colour, 2.4);
  }
  context.setLineDash([]);
}

function strokeContours(context, terrain, colour) {
  const texels = SIZE / CELLS, n = CELLS + 1;
  for (const level of terrain.scale.levels) {
    const lines = contourLines(terrain.value, n, n, level);
    strokeAll(context, lines.map((line) => line.map((c, k) => texels * (k % 2 ? CELLS - c : c))), colour, 1.6);
  }
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
  const upper = new Uint32Array(SIZE * SIZE), lower = new Uint32Array(SIZE * SIZE);
  for (let j = 0, k = 0; j < SIZE; j++) {
    for (let i = 0; i < SIZE; i++, k++) {
      const bright = lightAt(light, i, j), from = 4 * ((SIZE - 1 - j) * SIZE + i);
      upper[k] = shaded(bytes, from, bright);
      lower[k] = shaded(bytes, from, BELOW * bright);
    }
  }
  return { size: SIZE, upper, lower };
}

/** The light at a texel, between the corners of its cell. */
function lightAt(light, i, j) {
  const n = CELLS + 1, across = (i + 0.5) * CELLS / SIZE, up = (j + 0.5) * CELLS / SIZE;
  const a = across - Math.floor(across), b = up - Math.floor(up), k = Math.floor(up) * n + Math.floor(across);
  return (1 - b) * ((1 - a) * light[k] + a * light[k + 1]) + b * ((1 - a) * light[k + n] + a * light[k + n + 1]);
}

/** A colour so bright, as a word: above 1 it goes to white, as what shines does. */
function shaded(bytes, from, bright) {
  const white = bright > 1 ? 255 * (bright - 1) : 0, part = bright > 1 ? 2 - bright : bright;
  const [r, g, b] = [0, 1, 2].map((c) => Math.round(bytes[from + c] * part + white));
  return 0xff000000 | b << 16 | g << 8 | r;
}

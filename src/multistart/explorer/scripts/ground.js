// The ground of the map as pixels: hue from the basin, shade from the height, patterns where no minimum is reached.

import { endingPatterns, hexOf, mixedColour, quietColours, rampOf, rgbOf } from "./colours.js";

const GROUND_SHADES = 256;
const GROUND_PATTERNS = {
  rising: (i, j, period) => (i + j) % period < period / 9,
  falling: (i, j, period) => (i - j + 4 * period) % period < period / 9,
  crossing: (i, j, period) => GROUND_PATTERNS.rising(i, j, period) || GROUND_PATTERNS.falling(i, j, period),
  grid: (i, j, period) => i % period < period / 9 || j % period < period / 9,
  upright: (i, j, period) => i % period < period / 9,
  dots: (i, j, period) =>
    j % period < period / 5 && (i + (Math.floor(j / period) % 2) * (period / 2)) % period < period / 5,
};

/** A table of shades by height for each class of starts, low first, and patterns with their inks; by code. */
export function classPaints(classes, theme, dark, heat) {
  const paints = [];
  for (const entry of classes) {
    const ending = endingOf(entry);
    const pattern = ending && endingPatterns[ending];
    paints[entry.code] = {
      table: ending
        ? quietTable(entry.colour ?? quietColours[ending], dark, heat)
        : basinTable(entry.colour, dark, heat),
      pattern: pattern ? GROUND_PATTERNS[pattern[0]] : null,
      ink: pattern ? mixedColour(dark ? "#000000" : entry.colour, pattern[1], dark ? 0.55 : 0.75) : null,
    };
  }
  return paints;
}

/** The ending that a class of starts at no minimum has, else an empty string. */
export function endingOf(entry) {
  return entry.ending ?? "";
}

function basinTable(colour, dark, heat) {
  const hex = (amount, other) => hexOf(mixedColour(colour, other, amount));
  if (!heat)
    return rampOf(
      [hex(dark ? 0.3 : 0.22, dark ? "#000000" : "#FFFFFF"), hex(dark ? 0.3 : 0.22, dark ? "#000000" : "#FFFFFF")],
      GROUND_SHADES,
    );
  return dark
    ? rampOf([hex(0.62, "#000000"), hex(0.4, "#000000"), hex(0.14, "#000000")], GROUND_SHADES)
    : rampOf([hex(0.12, "#000000"), hex(0.2, "#FFFFFF"), hex(0.62, "#FFFFFF")], GROUND_SHADES);
}

function quietTable(colour, dark, heat) {
  const base = hexOf(mixedColour(colour, dark ? "#101418" : "#FFFFFF", dark ? 0.62 : 0.12));
  const [low, high] = dark ? ["#000000", "#FFFFFF"] : ["#5B6670", "#FFFFFF"];
  return heat
    ? rampOf(
        [hexOf(mixedColour(base, low, 0.34)), base, hexOf(mixedColour(base, high, dark ? 0.14 : 0.5))],
        GROUND_SHADES,
      )
    : rampOf([base, base], GROUND_SHADES);
}

/** The table of heights where no basin is known. */
export function plainPaint(theme, heat) {
  return { table: rampOf(heat ? theme.heat : [theme.paper, theme.paper], GROUND_SHADES), pattern: null, ink: null };
}

/**
 * Fill an image's bytes (red, green, blue, alpha; row 0 at the top).
 *
 * `field` are positions in [0, 1] on a grid over the whole image, `labels` the codes of its pixels or null, `paints` by
 * code with `plain` for other codes, `period` that of patterns in pixels.
 */
export function paintGround(bytes, width, height, field, labels, paints, plain, unknown, period) {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, width * height);
  const ready = paints.map((paint) => paint && readyPaint(paint, period));
  const [elsewhere, nothing, tile] = [readyPaint(plain, period), wordOf(rgbOf(unknown), 0), 2 * period];
  const [columns, rows] = [resampling(width, field.columns), resampling(height, field.rows)];
  const heights = new Float32Array(field.columns);
  for (let j = 0; j < height; j += 1) {
    rowOfHeights(heights, field, rows.index[height - 1 - j], rows.part[height - 1 - j]);
    const inTile = (j % tile) * tile;
    for (let i = 0; i < width; i += 1) {
      const k = j * width + i;
      const paint = (labels && ready[labels[k]]) || elsewhere;
      const node = columns.index[i];
      const part = heights[node] + columns.part[i] * (heights[node + 1] - heights[node]);
      if (paint.mask !== null && paint.mask[inTile + (i % tile)]) words[k] = paint.ink;
      else words[k] = part === part ? paint.table[(part * (GROUND_SHADES - 1) + 0.5) | 0] : nothing;
    }
  }
}

/** A paint with its colours as words of pixels, and its pattern as a tile of two periods. */
function readyPaint({ table, pattern, ink }, period) {
  const tile = 2 * period;
  return {
    table: Uint32Array.from({ length: GROUND_SHADES }, (_, k) => wordOf(table, 3 * k)),
    mask:
      pattern &&
      Uint8Array.from({ length: tile * tile }, (_, k) => Number(pattern(k % tile, Math.floor(k / tile), period))),
    ink: ink && wordOf(ink, 0),
  };
}

/** Red, green and blue from a place on as the four bytes of a pixel, lowest first as browsers have it. */
function wordOf(colours, from) {
  const [red, green, blue] = [colours[from], colours[from + 1], colours[from + 2]].map(Math.round);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Heights of a row of pixels at the grid's columns, linear between two of its rows. */
function rowOfHeights(heights, { positions, columns }, row, part) {
  const node = row * columns;
  for (let i = 0; i < columns; i += 1)
    heights[i] = positions[node + i] + part * (positions[node + columns + i] - positions[node + i]);
}

/** For each pixel the node before it and the way to the next. */
function resampling(pixels, nodes) {
  const index = new Int32Array(pixels);
  const part = new Float32Array(pixels);
  for (let k = 0; k < pixels; k += 1) {
    const place = ((k + 0.5) / pixels) * (nodes - 1);
    index[k] = Math.min(nodes - 2, Math.floor(place));
    part[k] = place - index[k];
  }
  return { index, part };
}

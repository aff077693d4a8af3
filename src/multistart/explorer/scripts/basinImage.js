// Labels of starts as an image: smooth where a grid alone is known, exact to the pixel along edges that were bisected.

export const OUTSIDE_DOMAIN = 255; // of the domain
const UNDECIDED_PIXEL = 254; // not yet decided; classes have smaller codes

/**
 * The code of each pixel, row 0 at the top, of an image whose pixel (i, j) lies at the parts across(i) and up(j) of the
 * domain; OUTSIDE_DOMAIN beyond it. `walls` are polylines in pixels, x0, y0, x1, y1 ..., between different codes.
 *
 * Away from where codes change a pixel has its cell's code. There it has that of the cells from which it is reached
 * without crossing a wall, or, where there are no walls, the code that is strongest among the four cells around it.
 */
export function basinLabels(basins, width, height, across, up, walls = []) {
  const mixed = mixedCells(basins);
  const labels = new Uint8Array(width * height);
  const us = Float64Array.from({ length: width }, (_, i) => across(i));
  let open = 0;
  for (let j = 0; j < height; j += 1) {
    const v = up(j);
    for (let i = 0; i < width; i += 1) {
      const label = labelAt(basins, mixed, us[i], v, walls.length > 0);
      labels[j * width + i] = label;
      if (label === UNDECIDED_PIXEL) open += 1;
    }
  }
  if (open) flooded(labels, width, height, walls, (i, j) => strongestCode(basins, us[i], up(j)));
  return labels;
}

function labelAt(basins, mixed, u, v, walled) {
  if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1)) return OUTSIDE_DOMAIN;
  const column = Math.min(basins.columns - 1, Math.floor(u * basins.columns));
  const row = Math.min(basins.rows - 1, Math.floor(v * basins.rows));
  const cell = row * basins.columns + column;
  if (!mixed[cell]) return basins.codes[cell];
  return walled ? UNDECIDED_PIXEL : strongestCode(basins, u, v);
}

/** Whether a cell or one of its eight neighbours has another code. */
function mixedCells({ columns, rows, codes }) {
  const mixed = new Uint8Array(columns * rows);
  for (let j = 0; j < rows; j += 1) {
    for (let i = 0; i < columns; i += 1) {
      const code = codes[j * columns + i];
      for (let b = Math.max(0, j - 1); b <= Math.min(rows - 1, j + 1); b += 1) {
        for (let a = Math.max(0, i - 1); a <= Math.min(columns - 1, i + 1); a += 1) {
          if (codes[b * columns + a] !== code) mixed[j * columns + i] = 1;
        }
      }
    }
  }
  return mixed;
}

/** The code with the largest bilinear weight of the four cells around a place. */
function strongestCode({ columns, rows, codes }, u, v) {
  const [x, y] = [clampedTo(u * columns - 0.5, columns - 1), clampedTo(v * rows - 0.5, rows - 1)];
  const [i, j] = [Math.min(Math.floor(x), Math.max(0, columns - 2)), Math.min(Math.floor(y), Math.max(0, rows - 2))];
  const [a, b] = [x - i, y - j];
  const right = Math.min(i + 1, columns - 1);
  const upper = Math.min(j + 1, rows - 1);
  const around = [codes[j * columns + i], codes[j * columns + right], codes[upper * columns + i], codes[upper * columns + right]];
  const weights = [(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b];
  const total = (code) => weights.reduce((sum, weight, k) => (around[k] === code ? sum + weight : sum), 0);
  return around.reduce((best, code) => (total(code) > total(best) ? code : best), around[0]);
}

function clampedTo(value, most) {
  return Math.min(most, Math.max(0, value));
}

/** Decide open pixels from decided ones, nearest first, never through a wall; what is not reached takes `otherwise`. */
function flooded(labels, width, height, walls, otherwise) {
  const wall = new Uint8Array(labels.length);
  for (const line of walls) drawWall(wall, width, height, line);
  const queue = new Int32Array(labels.length);
  let [head, tail] = [0, 0];
  for (let k = 0; k < labels.length; k += 1) if (labels[k] < UNDECIDED_PIXEL && !wall[k]) queue[tail++] = k;
  while (head < tail) {
    const k = queue[head++];
    const i = k % width;
    for (const near of [i > 0 ? k - 1 : -1, i + 1 < width ? k + 1 : -1, k - width, k + width]) {
      if (near >= 0 && near < labels.length && labels[near] === UNDECIDED_PIXEL && !wall[near]) {
        labels[near] = labels[k];
        queue[tail++] = near;
      }
    }
  }
  for (let k = 0; k < labels.length; k += 1) if (labels[k] === UNDECIDED_PIXEL) labels[k] = otherwise(k % width, Math.floor(k / width));
}

/** Mark the pixels of a polyline, corner to corner or side to side, so that no path of side-by-side pixels crosses it. */
function drawWall(wall, width, height, line) {
  for (let k = 0; k + 3 < line.length; k += 2) {
    const [x, y, dx, dy] = [line[k], line[k + 1], line[k + 2] - line[k], line[k + 3] - line[k + 1]];
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(dx), Math.abs(dy))));
    for (let s = 0; s <= steps; s += 1) {
      const i = Math.floor(x + (dx * s) / steps);
      const j = Math.floor(y + (dy * s) / steps);
      if (i >= 0 && i < width && j >= 0 && j < height) wall[j * width + i] = 1;
    }
  }
}

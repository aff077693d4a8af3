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
  const labels = new Uint8Array(width * height).fill(OUTSIDE_DOMAIN);
  const us = Float64Array.from({ length: width }, (_, i) => across(i));
  const vs = Float64Array.from({ length: height }, (_, j) => up(j));
  const [columns, rows] = [cellsOf(us, basins.columns), cellsOf(vs, basins.rows)];
  const strongest = (i, j) => strongestCode(basins, us[i], vs[j]);
  for (let j = 0; j < height; j += 1) {
    if (rows[j] < 0) continue;
    for (let i = 0; i < width; i += 1) {
      if (columns[i] < 0) continue;
      const cell = rows[j] * basins.columns + columns[i];
      labels[j * width + i] = !mixed[cell] ? basins.codes[cell] : walls.length ? UNDECIDED_PIXEL : strongest(i, j);
    }
  }
  if (walls.length) flood(labels, width, height, walls, strongest);
  return labels;
}

/** The cell of each part of the domain, -1 beyond it. */
function cellsOf(parts, cells) {
  return Int32Array.from(parts, (part) =>
    part >= 0 && part <= 1 ? Math.min(cells - 1, Math.floor(part * cells)) : -1,
  );
}

/** Whether a cell or one of its eight neighbours has another code. */
function mixedCells({ columns, rows, codes }) {
  const mixed = new Uint8Array(columns * rows);
  const compare = (cell, other) => {
    if (codes[cell] !== codes[other]) [mixed[cell], mixed[other]] = [1, 1];
  };
  for (let j = 0; j < rows; j += 1) {
    for (let i = 0; i < columns; i += 1) {
      const cell = j * columns + i;
      if (i + 1 < columns) compare(cell, cell + 1);
      if (j + 1 === rows) continue;
      compare(cell, cell + columns);
      if (i > 0) compare(cell, cell + columns - 1);
      if (i + 1 < columns) compare(cell, cell + columns + 1);
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
  const around = [
    codes[j * columns + i],
    codes[j * columns + right],
    codes[upper * columns + i],
    codes[upper * columns + right],
  ];
  const weights = [(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b];
  const total = (code) => weights.reduce((sum, weight, k) => (around[k] === code ? sum + weight : sum), 0);
  return around.reduce((best, code) => (total(code) > total(best) ? code : best), around[0]);
}

function clampedTo(value, most) {
  return Math.min(most, Math.max(0, value));
}

/** Decide open pixels from decided ones, nearest first, never through a wall; what is not reached takes `otherwise`. */
function flood(labels, width, height, walls, otherwise) {
  const wall = new Uint8Array(labels.length);
  for (const line of walls) drawWall(wall, width, height, line);
  const open = [];
  for (let k = 0; k < labels.length; k += 1) if (labels[k] === UNDECIDED_PIXEL) open.push(k);
  let front = open
    .filter((k) => !wall[k])
    .flatMap((k) => neighboursOf(labels, width, k))
    .filter((k) => labels[k] < UNDECIDED_PIXEL && !wall[k]);
  while (front.length) {
    const next = [];
    for (const k of front) {
      for (const near of neighboursOf(labels, width, k)) {
        if (labels[near] !== UNDECIDED_PIXEL || wall[near]) continue;
        labels[near] = labels[k];
        next.push(near);
      }
    }
    front = next;
  }
  for (const k of open) if (labels[k] === UNDECIDED_PIXEL) labels[k] = otherwise(k % width, Math.floor(k / width));
}

/** The pixels below, above and beside one. */
function neighboursOf(labels, width, k) {
  const [i, near] = [k % width, []];
  if (k >= width) near.push(k - width);
  if (k + width < labels.length) near.push(k + width);
  if (i > 0) near.push(k - 1);
  if (i + 1 < width) near.push(k + 1);
  return near;
}

/** Mark the pixels of a polyline, so that no path of pixels that lie side by side crosses it. */
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

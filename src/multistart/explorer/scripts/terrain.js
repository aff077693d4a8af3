/**
 * The function over the domain as triangles: heights at the corners of a grid, and what lies where on them.
 *
 * Heights are those of the box of `camera.js`, cut off at the relief's ends; nan where the function is not finite, which
 * leaves a hole. Balls and trails stand on these triangles, not on the function, so that none sinks into what is drawn.
 */

import { HALF_HEIGHT } from "./camera.js";
import { sampledHeights } from "./heat.js";

export const CELLS = 144; // of the grid, on each side
const LOOKS = 900; // along a line of sight, more than two a cell
const HALVINGS = 50;
const LIGHT = unitVector([-0.55, 0.25, 0.8]);
const AMBIENT = 0.55;
const DIFFUSE = 0.56;

/**
 * The terrain of a function of two coordinates over a domain. `scaleOf(values)` says between which values its floor and its
 * lid lie, as `low` and `high`.
 */
export function makeTerrain(domain, valueAt, scaleOf) {
  const value = sampledHeights(valueAt, domain.low, domain.high, CELLS + 1, CELLS + 1),
    scale = scaleOf(value);
  const height = value.map((at) => heightOf(scale, at));
  return { domain, scale, value, height, ...slopesOf(height) };
}

/** The height of a value in the box, cut at floor and lid; nan of what is not finite. */
export function heightOf(scale, value) {
  if (!Number.isFinite(value)) return NaN;
  const part = (value - scale.low) / (scale.high - scale.low);
  return HALF_HEIGHT * (2 * Math.min(Math.max(part, 0), 1) - 1);
}

/** A place of the domain in the box's coordinates. */
export function inBox(domain, j, coordinate) {
  return (2 * (coordinate - domain.low[j])) / (domain.high[j] - domain.low[j]) - 1;
}

/** Of the box's coordinate the place in the domain. */
export function inDomain(domain, j, unitCoordinate) {
  return betweenEnds(domain.low[j], domain.high[j], (unitCoordinate + 1) / 2);
}

/** The height of the triangles at a place of the box; nan outside, and in holes. */
export function heightAt(terrain, x, y) {
  const across = ((x + 1) / 2) * CELLS,
    deep = ((y + 1) / 2) * CELLS;
  if (!(across >= 0 && across <= CELLS && deep >= 0 && deep <= CELLS)) return NaN;
  const i = Math.min(Math.floor(across), CELLS - 1),
    j = Math.min(Math.floor(deep), CELLS - 1);
  const n = CELLS + 1,
    z = terrain.height,
    k = j * n + i,
    a = across - i,
    b = deep - j;
  if (a >= b) return z[k] + a * (z[k + 1] - z[k]) + b * (z[k + n + 1] - z[k + 1]);
  return z[k] + b * (z[k + n] - z[k]) + a * (z[k + n + 1] - z[k + n]);
}

/** Where a line of sight first meets the triangles, from whichever side: [x, y, z] of the box, or null. */
export function firstHit(terrain, { from, along: way }) {
  const span = through(from, way);
  if (!span) return null;
  const at = (t) => from.map((c, j) => c + t * way[j]);
  const above = (t) => {
    const [x, y, z] = at(t);
    return z - heightAt(terrain, x, y);
  };
  let before = span[0],
    was = above(before);
  for (let k = 1; k <= LOOKS; k++) {
    const t = span[0] + ((span[1] - span[0]) * k) / LOOKS,
      now = above(t);
    if (Number.isFinite(was) && Number.isFinite(now) && was > 0 !== now > 0) return at(passed(above, before, t));
    before = t;
    was = now;
  }
  return null;
}

/** By halving, the parameter at which a line passes the surface. */
function passed(above, low, high) {
  const was = above(low) > 0;
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (above(middle) > 0 === was) low = middle;
    else high = middle;
  }
  return high;
}

/** The parameters between which a line is in the box, a hair less at its sides so that heights are known; or null. */
function through(from, way) {
  let near = 0,
    far = Infinity;
  const sides = [1 - 1e-12, 1 - 1e-12, HALF_HEIGHT + 1e-6];
  for (let j = 0; j < 3; j++) {
    const a = (-sides[j] - from[j]) / way[j],
      b = (sides[j] - from[j]) / way[j];
    near = Math.max(near, Math.min(a, b));
    far = Math.min(far, Math.max(a, b));
  }
  return near < far ? [near, far] : null;
}

/**
 * Of each corner of the grid, from its slope, how bright it is in soft light that does not turn with the eye, and `flat`:
 * 1 where it is level, near 0 where it is steep.
 */
function slopesOf(height) {
  const n = CELLS + 1,
    light = new Float32Array(n * n),
    flat = new Float32Array(n * n),
    step = 2 / CELLS;
  const slope = (k, by, first, last) => {
    const a = first ? k : k - by,
      b = last ? k : k + by;
    return (height[b] - height[a]) / (step * ((b - a) / by)) || 0;
  };
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const k = j * n + i;
      const normal = unitVector([-slope(k, 1, i === 0, i === CELLS), -slope(k, n, j === 0, j === CELLS), 1]);
      const facing = normal[0] * LIGHT[0] + normal[1] * LIGHT[1] + normal[2] * LIGHT[2];
      light[k] = AMBIENT + DIFFUSE * Math.max(facing, 0);
      flat[k] = normal[2];
    }
  }
  return { light, flat };
}

function betweenEnds(low, high, part) {
  return low + (high - low) * part;
}

function unitVector(vector) {
  const size = Math.hypot(...vector);
  return vector.map((c) => c / size);
}

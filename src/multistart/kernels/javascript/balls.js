/**
 * Attraction balls and regions of point and state: which one a row is in, as the kernel's traps.py asks.
 *
 * Balls stand one after the other in one array, in the order of their first coordinates: centre, radius and, of a
 * region, shift and weight of the state.
 */

/** Balls as a walk asks them: `{rows, size, count, widest}`, from rows of numbers. */
export function ballRows(rows, dimensions) {
  const size = rows.length ? rows[0].length : dimensions + 1;
  const flat = Float64Array.from(rows.flat());
  let widest = 0;
  for (let b = 0; b < flat.length; b += size) widest = Math.max(widest, flat[b + dimensions]);
  return { rows: flat, size, count: rows.length, widest };
}

/** The squared distance of a row from a ball's centre; of a region `|x - centre + shift v|**2 + weight |v|**2`. */
export function distance2(row, d, balls, b) {
  const { rows, size } = balls;
  let total = 0;
  for (let j = 0; j < d; j++) {
    let x = row[j] - rows[b + j];
    if (size > d + 1) x += rows[b + d + 1] * row[d + j];
    total += x * x;
    if (size > d + 1) total += rows[b + d + 2] * (row[d + j] * row[d + j]);
  }
  return total;
}

/** The number of the first ball that a row lies in, -1 where there is none. */
export function searchBalls(row, d, balls) {
  const { rows, size, count, widest } = balls;
  let at = row[0];
  if (size > d + 1 && count > 0) at += rows[d + 1] * row[d];
  for (let b = firstBall(balls, at - widest); b < count; b++) {
    if (rows[b * size] > at + widest) break;
    const radius = rows[b * size + d];
    if (distance2(row, d, balls, b * size) <= radius * radius) return b;
  }
  return -1;
}

/** The first ball whose centre's first coordinate is not below a number. */
function firstBall({ rows, size, count }, least) {
  let first = 0;
  let end = count;
  while (first < end) {
    const middle = (first + end) >> 1;
    if (rows[middle * size] < least) first = middle + 1;
    else end = middle;
  }
  return first;
}

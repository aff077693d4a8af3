/** What Huber's loss is made of: exact but for the square, which is rounded as it is written. */

/** `u**2/2` from -1 to 1, `|u| - 1/2` beyond. */
export function huber(u) {
  const size = Math.abs(u);
  return size <= 1 ? 0.5 * u * u : size - 0.5;
}

/** `u` from -1 to 1, and the nearer of the two beyond; nan stays nan. */
export function clip(u) {
  return u > 1 ? 1 : u < -1 ? -1 : u;
}

/** 1 from -1 to 1, both included, and 0 beyond. */
export function inside(u) {
  return Math.abs(u) <= 1 ? 1 : 0;
}

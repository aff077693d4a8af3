/** The inverse hyperbolic functions: logarithms of sums and quotients that are kept as sums of two. */

import { fma, lowPart, mirrored, quotientRest, sumError } from "./ieee.js";
import { logAsPair, logOfNormal } from "./logarithm.js";

const LARGE_ARGUMENT = 2 ** 30; // above, asinh(x) and acosh(x) are log(2 x) to 2**-60
const TINY_ARGUMENT = 2 ** -27; // below, asinh(x) and atanh(x) are x to 0.2 ulp

/** The inverse hyperbolic sine: `log(|x| + sqrt(1 + x**2))` with the sum and the root as sums of two. */
export function asinh(x) {
  const a = Math.abs(x);
  if (!(a > TINY_ARGUMENT && a < Infinity)) return x;
  if (a > LARGE_ARGUMENT) return mirrored(logOfNormal(a, 0, 1), x);
  const square = a * a;
  const radicand = 1 + square;
  const root = Math.sqrt(radicand);
  const rootLow = rootRest(root, radicand, sumError(1, square, radicand) + fma(a, a, -square));
  const total = root + a;
  const rest = root - total + a + rootLow;
  return mirrored(logOfNormal(total, rest / total, 0), x);
}

/** What the root of a radicand lacks of that of `radicand + rest`, for a root above 0. */
function rootRest(root, radicand, rest) {
  return (fma(-root, root, radicand) + rest) / (2 * root);
}

/** The inverse hyperbolic cosine, nan below 1: `log(x + sqrt(t (t + 2)))` with `t = x - 1`, which is exact. */
export function acosh(x) {
  if (!(x >= 1)) return NaN;
  if (x > LARGE_ARGUMENT) return x < Infinity ? logAsPair(x, 0, 1) + lowPart[0] : x;
  const t = x - 1;
  if (t === 0) return 0;
  const square = t * t;
  const radicand = 2 * t + square;
  const root = Math.sqrt(radicand);
  const rootLow = rootRest(root, radicand, sumError(2 * t, square, radicand) + fma(t, t, -square));
  const total = x + root;
  return logAsPair(total, (sumError(x, root, total) + rootLow) / total, 0) + lowPart[0];
}

/** The inverse hyperbolic tangent: infinite at -1 and 1, nan beyond; `log((1 + |x|) / (1 - |x|)) / 2`. */
export function atanh(x) {
  const a = Math.abs(x);
  if (!(a > TINY_ARGUMENT)) return x;
  if (a >= 1) return a === 1 ? mirrored(Infinity, x) : NaN;
  const above = 1 + a;
  const below = 1 - a;
  const ratio = above * (1 / below);
  const correction = quotientRest(ratio, above, sumError(1, a, above), below, 1 - below - a);
  return mirrored(0.5 * (logAsPair(ratio, correction / ratio, 0) + lowPart[0]), x);
}

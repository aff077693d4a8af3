/** The inverse trigonometric functions. */

import { ASIN, ATAN, HALF_PI } from "./coefficients.js";
import { fma, lowPart, mirrored, polynomial, quotientRest } from "./ieee.js";

const TAN_PI_8 = 0.41421356237309503; // tan(pi/8)
const TAN_3_PI_8 = 2.414213562373095; // tan(3 pi/8)
const ATAN_IS_HALF_PI = 2 ** 64;

/** The inverse tangent: 0, pi/4 or pi/2 plus that of `a`, `(a - 1)/(a + 1)` or `-1/a`, below tan(pi/8). */
export function atan(x) {
  const size = Math.abs(x);
  const a = size > ATAN_IS_HALF_PI ? ATAN_IS_HALF_PI : size;
  if (a < TAN_PI_8) return mirrored(atanPlus(0, a, 0, 1, 0), x);
  if (a > TAN_3_PI_8) return mirrored(atanPlus(1, -1, 0, a, 0), x);
  const less = a - 1;
  const more = a + 1;
  const moreLow = a > 1 ? a - more + 1 : 1 - more + a;
  return mirrored(atanPlus(0.5, less, a - (less + 1), more, moreLow), x);
}

/** `part pi/2` plus the inverse tangent of a quotient of sums of two. */
function atanPlus(part, high, rest, divisor, divisorRest) {
  const t = high * (1 / divisor);
  const correction = quotientRest(t, high, rest, divisor, divisorRest);
  const z = t * t;
  const base = part * HALF_PI[0];
  const total = base + t;
  return total + (base - total + t + fma(t * z, polynomial(ATAN, z), correction + part * HALF_PI[1]));
}

/** `s` with `asin(a) = s + lowPart[0]` up to 1/2, `pi/2 - 2 (s + lowPart[0])` above. */
function asinParts(a) {
  const far = a > 0.5;
  const z = far ? 0.5 * (1 - a) : a * a;
  const s = far ? Math.sqrt(z) : a;
  const lost = far && s > 0 ? fma(-s, s, z) / (2 * s) : 0;
  lowPart[0] = fma(s * z, polynomial(ASIN, z), lost);
  return s;
}

/** The inverse sine, nan outside [-1, 1]; past 1/2 it is `pi/2 - 2 asin(sqrt((1 - x)/2))`. */
export function asin(x) {
  const a = Math.abs(x);
  const s = asinParts(a);
  if (!(a > 0.5)) return mirrored(s + lowPart[0], x);
  const base = fma(-2, s, HALF_PI[0]);
  return mirrored(base + (fma(-2, s, HALF_PI[0] - base) + fma(-2, lowPart[0], HALF_PI[1])), x);
}

/** The inverse cosine, nan outside [-1, 1]: pi/2 less the inverse sine, from its parts. */
export function acos(x) {
  const a = Math.abs(x);
  const s = asinParts(a);
  if (!(a > 0.5)) return acosFrom(HALF_PI[0], HALF_PI[1], x < 0 ? 1 : -1, s);
  return x < 0 ? acosFrom(2 * HALF_PI[0], 2 * HALF_PI[1], -2, s) : acosFrom(0, 0, 2, s);
}

/** A start, a sum of two, plus a multiple of `s + lowPart[0]`. */
function acosFrom(start, startRest, factor, s) {
  const sum = fma(factor, s, start);
  return sum + (fma(factor, s, start - sum) + fma(factor, lowPart[0], startRest));
}

/** Sine, cosine and tangent: `x = n pi/2 + high + low`, then one of two polynomials on `|high| <= pi/4`. */

import { COS, HALF_PI_PARTS, SIN, TWO_OVER_PI } from "./coefficients.js";
import { SHIFT, fma, lowPart, mirrored, polynomial, quotientRest } from "./ieee.js";
import { hugeRemainder, hugeTurns } from "./payne_hanek.js";

/** Up to here `n` has at most 20 bits, so that its product with the 33 bits of HALF_PI_PARTS[1] is exact. */
const LARGEST_USUAL_ANGLE = 1e6;

/** COS[0] is -1/2 exactly, and the tangent keeps that term apart. */
const COS_TAIL = COS.slice(1);

/** The nearest multiple `n` of pi/2 to a number that is not negative, as a whole number with the same last two bits. */
function quarterTurns(a) {
  return a > LARGEST_USUAL_ANGLE ? hugeTurns(a) : fma(a, TWO_OVER_PI, SHIFT) - SHIFT;
}

/**
 * `a - n pi/2` as a sum with `lowPart[0]`.
 *
 * Cody and Waite's reduction with multiply-adds (Boldo, Daumas and Li 2009, "Formally verified argument reduction with
 * a fused multiply-add", IEEE Trans. Comput. 58): `first` and `first - high` are exact, hence `lowPart[0]` is what
 * rounding `high` lost, to about 2**-121. With an exact product a multiply-add is a product and a sum.
 */
function remainderOfTurns(a, n) {
  if (a > LARGEST_USUAL_ANGLE) return hugeRemainder(a, n);
  const first = fma(-n, HALF_PI_PARTS[0], a);
  const fine = n * HALF_PI_PARTS[1];
  const high = first - fine;
  lowPart[0] = fma(-n, HALF_PI_PARTS[2], first - high - fine);
  return high;
}

/** What rounding the argument and its square to `z` adds to the cosine of `high + rest`. */
function lostByCosine(high, rest, z) {
  return fma(-high, rest, -0.5 * fma(high, high, -z));
}

/** The sine of `n pi/2 + high + rest`: `high + high z S(z) + rest` or `1 + z C(z) + lost`, with either sign. */
function sineOfTurns(n, high, rest) {
  const z = high * high;
  const value =
    n & 1
      ? 1 + fma(z, polynomial(COS, z), lostByCosine(high, rest, z))
      : high + fma(high * z, polynomial(SIN, z), rest);
  return n & 2 ? -value : value;
}

/** The tangent of `n pi/2 + high + rest`: sine over cosine, or minus cosine over sine, all as sums of two. */
function tangentOfTurns(n, high, rest) {
  const z = high * high;
  const half = 0.5 * z;
  const start = 1 - half;
  const s = fma(high * z, polynomial(SIN, z), rest * start);
  const c = fma(z * z, polynomial(COS_TAIL, z), lostByCosine(high, rest, z));
  const sine = high + s;
  const cosine = start + c;
  const sineRest = high - sine + s;
  const cosineRest = 1 - start - half + (start - cosine + c);
  if (n & 1) return -quotientOfPairs(cosine, cosineRest, sine, sineRest);
  return quotientOfPairs(sine, sineRest, cosine, cosineRest);
}

/** `(high + rest) / (divisor + divisorRest)`, rounded. */
function quotientOfPairs(high, rest, divisor, divisorRest) {
  const first = high * (1 / divisor);
  return first + quotientRest(first, high, rest, divisor, divisorRest);
}

/** The sine; nan at infinities. Past 1e6 a slow path takes over. */
export function sin(x) {
  const a = Math.abs(x);
  const n = quarterTurns(a);
  return mirrored(sineOfTurns(n, remainderOfTurns(a, n), lowPart[0]), x);
}

/** The cosine; nan at infinities. Past 1e6 a slow path takes over. */
export function cos(x) {
  const a = Math.abs(x);
  const n = quarterTurns(a);
  return sineOfTurns(n + 1, remainderOfTurns(a, n), lowPart[0]);
}

/** The tangent; nan at infinities. Past 1e6 a slow path takes over. */
export function tan(x) {
  const a = Math.abs(x);
  const n = quarterTurns(a);
  return mirrored(tangentOfTurns(n, remainderOfTurns(a, n), lowPart[0]), x);
}

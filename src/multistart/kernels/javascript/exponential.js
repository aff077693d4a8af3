/** The exponential and the hyperbolic functions: `exp(x) = 2**k * (1 + r + r**2 q(r))` with `|r| <= ln(2)/2`. */

import { EXP, EXPM1, INVERSE_LN2, LN2 } from "./coefficients.js";
import { SHIFT, fma, lowPart, mirrored, polynomial, polynomialByHalves } from "./ieee.js";
import { powerOfTwo, quotientRest, scaled, sumError } from "./ieee.js";

const LARGEST_OF_EXP = 709.782712893384; // exp of the next double is infinite
const LOWEST_OF_EXP = -746; // exp is 0 from -745.13 on
const SUBNORMAL_EXP = -708; // results below this are computed 2**200 times too large and scaled last
const LARGEST_HYPERBOLIC = 710.4758600739439; // likewise for sinh and cosh
const LARGE_EXPONENT = 22; // from here on exp(-x) is nothing beside exp(x), and tanh is 1

/** The exponential function: infinite from 709.7827128933841 on, 0 from -745.1332191019412 down. */
export function exp(x) {
  if (!(x <= LARGEST_OF_EXP)) return x + Infinity;
  const clamped = x < LOWEST_OF_EXP ? LOWEST_OF_EXP : x;
  const k = fma(clamped, INVERSE_LN2, SHIFT) - SHIFT;
  const first = clamped - k * LN2[0]; // the product is exact, so here they are one fused multiply-add
  const r = fma(-k, LN2[1], first);
  const square = r * r;
  const mantissa = 1 + (first + fma(square, polynomialByHalves(EXP, r, square), -k * LN2[1]));
  return clamped < SUBNORMAL_EXP ? scaled(mantissa, k + 200) * 2 ** -200 : scaled(mantissa, k);
}

/** `exp(x) - 1` as a sum with `lowPart[0]`, for `0 <= x <= 44`. */
function expm1(x) {
  const k = fma(x, INVERSE_LN2, SHIFT) - SHIFT;
  const scale = powerOfTwo(k);
  const whole = scale - 1;
  const r = lessLn2(x, k);
  const part = scale * r;
  const total = whole + part;
  const rest = whole - total + part + scale * tailOfExp(x, k, r);
  const high = total + rest;
  lowPart[0] = total - high + rest;
  return high;
}

/** `x - k ln 2`, rounded; the product with the first part of ln 2 is exact. */
function lessLn2(x, k) {
  return fma(-k, LN2[1], x - k * LN2[0]);
}

/** What `1 + r` lacks of `exp(x - k ln 2)`: the rest of the series, and what rounding `r` lost. */
function tailOfExp(x, k, r) {
  const lost = fma(-k, LN2[1], x - k * LN2[0] - r);
  return fma(r * r, polynomial(EXPM1, r), lost);
}

/** The hyperbolic tangent: `t/(t + 2)` with `t = exp(2 |x|) - 1`, both as sums of two. */
export function tanh(x) {
  const a = Math.abs(x);
  const high = expm1(2 * (a > LARGE_EXPONENT ? LARGE_EXPONENT : a));
  const rest = lowPart[0];
  const divisor = 2 + high;
  const first = high * (1 / divisor);
  return mirrored(first + quotientRest(first, high, rest, divisor, sumError(2, high, divisor) + rest), x);
}

/** The hyperbolic sine: `(t + t/(t + 1))/2` with `t = exp(|x|) - 1`, both as sums of two. */
export function sinh(x) {
  const a = Math.abs(x);
  if (a > LARGE_EXPONENT) return mirrored(halfExp(a), x);
  const high = expm1(a);
  const rest = lowPart[0];
  const divisor = 1 + high;
  const first = high * (1 / divisor);
  const correction = quotientRest(first, high, rest, divisor, sumError(1, high, divisor) + rest);
  const total = high + first;
  return mirrored(0.5 * (total + (high - total + first + (rest + correction))), x);
}

/** The hyperbolic cosine: `(e + 1/e)/2` with `e = exp(|x|)` as a sum of two. */
export function cosh(x) {
  const a = Math.abs(x);
  if (a > LARGE_EXPONENT) return halfExp(a);
  const high = expm1(a);
  const rest = lowPart[0];
  const divisor = 1 + high;
  const lost = sumError(1, high, divisor);
  const first = 1 * (1 / divisor);
  const correction = quotientRest(first, 1, 0, divisor, lost + rest);
  const total = divisor + first;
  return 0.5 * (total + (divisor - total + first + (lost + rest + correction)));
}

/** `exp(a) / 2` for `a > 22`, infinite only where that is. */
function halfExp(a) {
  if (a > LARGEST_HYPERBOLIC) return Infinity;
  const k = fma(a, INVERSE_LN2, SHIFT) - SHIFT;
  const r = lessLn2(a, k);
  return scaled(1 + (r + tailOfExp(a, k, r)), k - 1);
}

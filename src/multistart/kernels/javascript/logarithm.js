/**
 * Logarithms: `log(2**k (1 + f)) = k ln 2 + log(1 + f)` with `1 + f` between sqrt(1/2) and sqrt(2).
 *
 * With `s = f/(2 + f)`, `log(1 + f) = f - f**2/2 + s (f**2/2 + R(s**2))`, as in FreeBSD's `e_log.c`. What rounding
 * `k ln 2 + f` loses is carried; for a logarithm that goes into more arithmetic, what `f - f**2/2` loses is as well.
 */

import { INVERSE_LN10_PARTS, INVERSE_LN2_PARTS, LN2, LOG } from "./coefficients.js";
import { exponentOf, fma, lowPart, polynomial, scaled } from "./ieee.js";

const SMALLEST_NORMAL = 2 ** -1022;
const ROOT_TWO = 1.4142135623730951;

/** `k` with `x = 2**k (1 + f)` and `1 + f` between sqrt(1/2) and sqrt(2), for a positive normal `x`. */
function exponentAboveRootHalf(x) {
  const k = exponentOf(x);
  return scaled(x, -k) < ROOT_TWO ? k : k + 1;
}

/** `log(x (1 + ratio)) + shift ln 2` for a positive normal `x`, a tiny `ratio` and a small integer. */
export function logOfNormal(x, ratio, shift) {
  const exponent = exponentAboveRootHalf(x);
  const f = scaled(x, -exponent) - 1;
  const k = exponent + shift;
  const s = f / (2 + f);
  const z = s * s;
  const halfSquare = 0.5 * f * f;
  const tail = fma(k, LN2[1], s * fma(z, polynomial(LOG, z), halfSquare)) - halfSquare + ratio;
  const whole = k * LN2[0];
  const total = whole + f;
  return total + (whole - total + f + tail);
}

/** The same as a sum with `lowPart[0]`, which together are off by less than a quarter of the last bit. */
export function logAsPair(x, ratio, shift) {
  const exponent = exponentAboveRootHalf(x);
  const f = scaled(x, -exponent) - 1;
  const k = exponent + shift;
  const s = f / (2 + f);
  const z = s * s;
  const halfSquare = 0.5 * f * f;
  const tail = fma(k, LN2[1], s * fma(z, polynomial(LOG, z), halfSquare)) - fma(0.5 * f, f, -halfSquare);
  const whole = k * LN2[0];
  const bent = f - halfSquare;
  const total = whole + bent;
  const rest = whole - total + bent + (f - bent - halfSquare + (tail + ratio));
  const high = total + rest;
  lowPart[0] = total - high + rest;
  return high;
}

/** The logarithm to any base where it is no finite number: minus infinity at zeros, infinity there, nan below. */
function logAtTheEdges(x) {
  if (x === 0) return -Infinity;
  return x < 0 ? NaN : x;
}

/** The natural logarithm: minus infinity at zeros, nan below. */
export function log(x) {
  if (!(x > 0 && x < Infinity)) return logAtTheEdges(x);
  return x < SMALLEST_NORMAL ? logOfNormal(x * 2 ** 54, 0, -54) : logOfNormal(x, 0, 0);
}

/** The logarithm of a number times a constant that is a sum of two; what is dropped is small against the last bit. */
function logTimes(x, [factor, factorLow]) {
  if (!(x > 0 && x < Infinity)) return logAtTheEdges(x);
  const high = x < SMALLEST_NORMAL ? logAsPair(x * 2 ** 54, 0, -54) : logAsPair(x, 0, 0);
  const product = high * factor;
  return product + (fma(high, factor, -product) + fma(high, factorLow, lowPart[0] * factor));
}

/** The logarithm to base 2, exact for powers of 2; minus infinity at zeros, nan below. */
export function log2(x) {
  return logTimes(x, INVERSE_LN2_PARTS);
}

/** The logarithm to base 10, whole for powers of 10; minus infinity at zeros, nan below. */
export function log10(x) {
  return logTimes(x, INVERSE_LN10_PARTS);
}

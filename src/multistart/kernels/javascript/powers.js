/**
 * The square root, and constant integer and half-integer powers as compensated products.
 *
 * A plain product of n factors is off by up to n - 1 roundings. Here each product keeps what its rounding lost, by one
 * multiply-add, and the sum of what was lost is added last (Graillat 2009, "Accurate floating-point product and
 * exponentiation", IEEE Trans. Comput. 58). A number and what it lacks travel as a sum with `lowPart[0]`.
 */

import { fma, lowPart, powerOfTwo, timesPowerOfTwo } from "./ieee.js";

/** The square root: IEEE 754 demands it correctly rounded, and engines use the processor's instruction. */
export function sqrt(x) {
  return Math.sqrt(x);
}

/** `x**n` for an integer `n`; as libm's `pow` at 0, infinity and nan. */
export function power(x, n) {
  if (n === 0) return 1;
  if (n === 1) return x;
  if (n === -1) return 1 / x;
  if (n === 2) return x * x;
  const steps = stepsFromUnderflow(x, n);
  const base = x * powerOfTwo(steps);
  const high = n > 0 ? raisedAsPair(base, 0, n) : raisedAsPair(reciprocalAsPair(base), lowPart[0], -n);
  return sumOfPair(high) * powerOrZero(-steps * n);
}

/** `x**(n/2)` for an odd integer `n`; nan for negative `x`, infinite ones included. */
export function halfPower(x, n) {
  const radicand = x + 0; // -0 to +0, as libm's pow has it
  if (n === 1) return Math.sqrt(radicand);
  const steps = stepsFromUnderflow(radicand, n / 2);
  const base = radicand * powerOfTwo(steps);
  const high = n > 0 ? positiveHalfPower(base, n >> 1) : negativeHalfPower(base, -n >> 1);
  return sumOfPair(high) * powerOrZero((-steps * n) / 2);
}

/**
 * An even `n` such that `x * 2**n` has a power that is far from subnormal; 0 where that of `x` is.
 *
 * Where the power is below 2**-960, and for 1/sqrt(x) where `x` is, what rounding loses would be subnormal and be
 * rounded itself.
 */
function stepsFromUnderflow(x, exponent) {
  const size = Math.abs(x);
  if (exponent === -0.5) return size < 2 ** -960 ? 120 : 0;
  const edge = powerOfTwo(Math.trunc(-960 / exponent));
  const steps = 2 * Math.ceil(100 / Math.abs(exponent));
  if (exponent > 0) return size < edge ? steps : 0;
  return size > edge ? -steps : 0;
}

/** `2**n`, or 0 where that is nothing. */
function powerOrZero(n) {
  return n < -1100 ? 0 : timesPowerOfTwo(1, n);
}

/** The product of two sums of two, but for the product of their small parts, as a sum with `lowPart[0]`. */
function timesAsPair(left, leftLow, right, rightLow) {
  const product = left * right;
  let lost = fma(left, right, -product);
  if (rightLow !== 0) lost = fma(left, rightLow, lost);
  if (leftLow !== 0) lost = fma(leftLow, right, lost);
  lowPart[0] = lost;
  return product;
}

/** `(base + baseLow)**n` for `n >= 1` as a sum with `lowPart[0]`, by squares and products from `n`'s highest bit. */
function raisedAsPair(base, baseLow, n) {
  let high = base;
  lowPart[0] = baseLow;
  for (let bit = 30 - Math.clz32(n); bit >= 0; bit--) {
    high = timesAsPair(high, lowPart[0], high, lowPart[0]);
    if ((n >> bit) & 1) high = timesAsPair(high, lowPart[0], base, baseLow);
  }
  return high;
}

/** `1/x` as a sum with `lowPart[0]`. */
function reciprocalAsPair(x) {
  const inverse = 1 / x;
  lowPart[0] = inverse * fma(-inverse, x, 1);
  return inverse;
}

/** `x**n * sqrt(x)` as a sum with `lowPart[0]`, for `n >= 1`. */
function positiveHalfPower(x, n) {
  const root = Math.sqrt(x);
  const rootLow = 0.5 * (fma(-root, root, x) / root);
  const whole = raisedAsPair(x, 0, n);
  return timesAsPair(whole, lowPart[0], root, rootLow);
}

/** `x**-n / sqrt(x)` as a sum with `lowPart[0]`, for `n >= 0`. */
function negativeHalfPower(x, n) {
  const root = reciprocalRootAsPair(x);
  if (n === 0) return root;
  const rootLow = lowPart[0];
  const whole = raisedAsPair(reciprocalAsPair(x), lowPart[0], n);
  return timesAsPair(whole, lowPart[0], root, rootLow);
}

/** `1/sqrt(x)` as a sum with `lowPart[0]`: with `x = s**2 + e` and `1/s = r (1 + d)` it is `r + r (d - e r**2 / 2)`. */
function reciprocalRootAsPair(x) {
  const root = Math.sqrt(x);
  const rest = fma(-root, root, x);
  const inverse = 1 / root;
  const defect = fma(-inverse, root, 1);
  lowPart[0] = inverse * (defect - 0.5 * inverse * (rest * inverse));
  return inverse;
}

/** `high + lowPart[0]`, or the first alone where that is 0, infinite or nan: there `h + h` is no other number. */
function sumOfPair(high) {
  const ordinary = high + high !== high && high === high;
  return ordinary ? high + lowPart[0] : high;
}

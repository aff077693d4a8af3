/**
 * The IEEE operations that the elementary functions and the kernels are made of, with the bits of `vectormath/ieee.py`.
 *
 * Everything here is exact or rounded once. JavaScript's own `+ - * /` and `Math.sqrt` are; a fused multiply-add it has
 * not, so `fma` makes one of them. Bits are read through arrays that share memory, two halves of 32 bits each, since
 * BigInt allocates. The sign and payload of a nan are no part of any promise.
 */

const doubleOfBits = new Float64Array(1);
const bitsOfDouble = new Int32Array(doubleOfBits.buffer); // the lower half of the bits, then the upper one
const LOWER_HALF = 0;
const UPPER_HALF = 1;

/** Adding and subtracting it rounds to an integer, which then stands in the low bits of the sum. */
export const SHIFT = 1.5 * 2 ** 52;
/** Where a function whose result is the sum of two numbers leaves the small one, until the next such call. */
export const lowPart = new Float64Array(1);

const SPLITTER = 2 ** 27 + 1;
const A_BIT_MORE = 1 + 2 ** -52; // times this a number is the next double away from zero, or one beyond it
const A_BIT_LESS = 1 - 2 ** -52; // and times this the one before it, or one before that
const SMALL_PRODUCT = 2 ** -960;

/**
 * `a * b + c` rounded once.
 *
 * The product is `product + lost` exactly (Veltkamp's splitting, Dekker 1971) unless it is nearly subnormal, and
 * `product + c` is `sum + missed` (Knuth, TAOCP 2, section 4.2.2). Rounded, `missed + lost` is `rest`; exactly it lies
 * between a bit more and a bit less. Rounding is monotone: where the sums with those two are equal, `sum + rest` is the
 * result. They differ where that is the middle of two doubles, or next to it, as it often is where a factor has few
 * bits; to round to odd first is right there too (Boldo and Melquiond 2008, theorem 5), but slow. Where anything
 * overflowed, be it half a product alone, their difference is nan.
 */
export function fma(a, b, c) {
  const product = a * b;
  const aWide = SPLITTER * a;
  const bWide = SPLITTER * b;
  const aHead = aWide - (aWide - a);
  const bHead = bWide - (bWide - b);
  const aTail = a - aHead;
  const bTail = b - bHead;
  const lost = aTail * bTail - (product - aHead * bHead - aTail * bHead - aHead * bTail);
  const sum = product + c;
  const added = sum - product;
  const missed = product - (sum - added) + (c - added);
  const rest = missed + lost;
  const difference = sum + rest * A_BIT_MORE - (sum + rest * A_BIT_LESS);
  const ordinary = Math.abs(product) > SMALL_PRODUCT;
  if (difference === 0 && ordinary) return sum + rest;
  return ordinary && !Number.isNaN(difference) ? sum + roundedToOdd(missed, lost) : rareFma(a, b, c);
}

/** `a * b + c` rounded once, for any numbers: with zeros, infinities and nan, and at both edges of the range. */
function rareFma(a, b, c) {
  if (a === 0 || b === 0 || !(Math.abs(a) < Infinity && Math.abs(b) < Infinity)) return a * b + c;
  if (c === 0) return a * b; // an underflown product keeps its sign
  if (!(Math.abs(c) < Infinity)) return c;
  const exponent = exponentOf(a) + exponentOf(b);
  const distance = exponentOf(c) - exponent;
  if (distance > 110) return c;
  // Below the last bit of the product, it matters only that there is something, and on which side.
  const near = timesPowerOfTwo(significand(c), Math.max(distance, -120));
  return scaledFma(significand(a), significand(b), near, exponent);
}

/** `(a * b + c) * 2**n` rounded once, for `a` and `b` between 1 and 2, and `c` between 2**-120 and 2**111, in size. */
function scaledFma(a, b, c, n) {
  const product = a * b;
  const sum = product + c;
  const rest = roundedToOdd(sumError(product, c, sum), productError(a, b, product));
  const result = sum + rest;
  if (result === 0) return 0;
  const least = Math.max(n, -1200); // below, all is 0
  return exponentOf(result) + least < -1022 ? subnormal(sum, rest, result, least) : timesPowerOfTwo(result, least);
}

/** `(sum + rest) * 2**n` rounded once to a multiple of 2**-1074: added to a number that has no finer bits. */
function subnormal(sum, rest, sign, n) {
  const unit = mirrored(timesPowerOfTwo(1, 52 - 1074 - n), sign);
  const total = unit + sum;
  const rounded = total + roundedToOdd(sumError(unit, sum, total), rest);
  return mirrored(timesPowerOfTwo(Math.abs(rounded - unit), n), sign);
}

/** `x + y`, or where that is no double the one of its two neighbours whose last bit is 1. */
function roundedToOdd(x, y) {
  const sum = x + y;
  const rest = sumError(x, y, sum);
  doubleOfBits[0] = sum;
  if (rest === 0 || bitsOfDouble[LOWER_HALF] & 1) return sum;
  if (rest > 0 === sum > 0) bitsOfDouble[LOWER_HALF] |= 1;
  else if (bitsOfDouble[LOWER_HALF]-- === 0) bitsOfDouble[UPPER_HALF]--;
  return doubleOfBits[0];
}

/** `a * b - product` exactly, for their rounded product, where no part of it is subnormal or overflows. */
export function productError(a, b, product) {
  const aWide = SPLITTER * a;
  const bWide = SPLITTER * b;
  const aHead = aWide - (aWide - a);
  const bHead = bWide - (bWide - b);
  const aTail = a - aHead;
  const bTail = b - bHead;
  return aTail * bTail - (product - aHead * bHead - aTail * bHead - aHead * bTail);
}

/** `x + y - sum` exactly, for their rounded sum. */
export function sumError(x, y, sum) {
  const added = sum - x;
  return x - (sum - added) + (y - added);
}

/** The exponent of a finite number but 0: `2**n <= |x| < 2**(n + 1)`. */
export function exponentOf(x) {
  doubleOfBits[0] = x;
  const biased = (bitsOfDouble[UPPER_HALF] >>> 20) & 0x7ff;
  return biased > 0 ? biased - 1023 : exponentOf(x * 2 ** 54) - 54;
}

/** `x` over the power of 2 of its exponent. */
export function significand(x) {
  return timesPowerOfTwo(x, -exponentOf(x));
}

/** `x * 2**n` for an integer from -2044 to 2046, exact where that is a normal number. */
export function timesPowerOfTwo(x, n) {
  const half = n >> 1;
  return x * powerOfTwo(half) * powerOfTwo(n - half);
}

/** `2**n` for an integer from -1022 to 1023. */
export function powerOfTwo(n) {
  bitsOfDouble[LOWER_HALF] = 0;
  bitsOfDouble[UPPER_HALF] = (n + 1023) << 20;
  return doubleOfBits[0];
}

/** `x * 2**n` by adding to the exponent: exact while `x` and the result are normal numbers. */
export function scaled(x, n) {
  doubleOfBits[0] = x;
  bitsOfDouble[UPPER_HALF] += n << 20;
  return doubleOfBits[0];
}

/** An odd function at `x`, 0 at 0, from its value at `|x|`. */
export function mirrored(value, x) {
  if (x > 0) return value;
  return x < 0 ? -value : x;
}

/** `c[0] + c[1] x + ...` by Horner's rule, one multiply-add a coefficient. */
export function polynomial(c, x) {
  let total = c[c.length - 1];
  for (let i = c.length - 2; i >= 0; i--) total = fma(total, x, c[i]);
  return total;
}

/** The same from `x` and its square: odd and even terms in two sums, the constant term last. */
export function polynomialByHalves(c, x, square) {
  const n = c.length;
  let odd = c[n - 1 - (n & 1)];
  let even = c[n - 2 + (n & 1)];
  for (let i = n - 3 - (n & 1); i >= 1; i -= 2) odd = fma(odd, square, c[i]);
  for (let i = n - 4 + (n & 1); i >= 2; i -= 2) even = fma(even, square, c[i]);
  return fma(fma(even, x, odd), x, c[0]);
}

/**
 * What `first`, the product of `high` and `1 / divisor`, lacks of `(high + low) / (divisor + divisorLow)`.
 *
 * The lows are small against the highs (Dekker 1971, section 5, with a multiply-add).
 */
export function quotientRest(first, high, low, divisor, divisorLow) {
  return (fma(-first, divisor, high) + fma(-first, divisorLow, low)) * (1 / divisor);
}

/** The smaller of two numbers, the second where either is nan or they are equal. */
export function smaller(x, y) {
  return x < y ? x : y;
}

/** The larger of two numbers, the second where either is nan or they are equal. */
export function larger(x, y) {
  return x > y ? x : y;
}

/** `|x|`. */
export function magnitude(x) {
  return Math.abs(x);
}

/** `yes` if the condition holds, else `no`; both are computed before. */
export function select(condition, yes, no) {
  return condition ? yes : no;
}

/**
 * The remainder of a huge number by pi/2, in integers: the slow path of the trigonometric functions.
 *
 * Payne and Hanek 1983, "Radian reduction for trigonometric functions", ACM SIGNUM Newsletter 18(1). Of 2/pi only
 * those bits matter that do not become a multiple of 4 once multiplied by the argument. 192 of them leave at least
 * 75 good bits in the fraction, since no double is closer than about 2**-62 to a multiple of pi/2, in units of it.
 * So rare are huge arguments that the integers are BigInt.
 */

import { HALF_PI, TWO_OVER_PI_BITS } from "./coefficients.js";
import { exponentOf, fma, lowPart, powerOfTwo, significand } from "./ieee.js";

/** `a * 2/pi` modulo 4 as 192 bits, the highest two of which are the quadrant, for a finite `a >= 2**16`. */
function turnsAsBits(a) {
  const exponent = exponentOf(a);
  const window = TWO_OVER_PI_BITS >> BigInt(1078 - exponent); // of its 1280 bits those that matter, and higher ones
  return BigInt.asUintN(192, window * BigInt(significand(a) * 2 ** 52));
}

/** The nearest quadrant to 192 bits of turns, from 0 to 3. */
function nearestQuadrant(turns) {
  return BigInt.asUintN(192, turns + (1n << 189n)) >> 190n;
}

/** The number of quarter turns nearest to a huge number, from 0 to 3; nan at infinity. */
export function hugeTurns(a) {
  return a < Infinity ? Number(nearestQuadrant(turnsAsBits(a))) : NaN;
}

/** `a` less `n` quarter turns as a sum with `lowPart[0]`, for a huge `a` and the `n` above; nan at infinity. */
export function hugeRemainder(a, n) {
  if (!(a < Infinity)) return NaN;
  const turns = BigInt.asIntN(192, turnsAsBits(a) - (BigInt(n) << 190n));
  return turns < 0n ? angleOf(-turns, -1) : angleOf(turns, 1);
}

/** `sign * turns * 2**-190` quarter turns as an angle, a sum with `lowPart[0]`: of the highest 106 bits, not all 0. */
function angleOf(turns, sign) {
  const length = turns.toString(2).length;
  const highest = (turns << BigInt(192 - length)) >> 86n;
  const first = Number(highest >> 53n) * powerOfTwo(length - 190 - 53);
  const second = Number(BigInt.asUintN(53, highest)) * powerOfTwo(length - 190 - 106);
  const product = first * HALF_PI[0];
  const rest = fma(first, HALF_PI[0], -product) + (first * HALF_PI[1] + second * HALF_PI[0]);
  const total = product + rest;
  lowPart[0] = sign * (product - total + rest);
  return sign * total;
}

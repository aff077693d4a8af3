// What a chart shows of a run: the function's value and the gradient norm at each step.

const DENSE_STEPS = 20000; // up to which every step is shown, beyond it every so many
const RISES = 1000; // by which factor values differ, from which on they are shown on a logarithmic axis
const ZERO = 1e-14; // of the largest value, below which a value is 0

const seriesOfRuns = new WeakMap();

/** Steps with values and gradient norms of a run, computed once; `valueAt` takes a point of d numbers. */
export function runSeries(run, dimensions, valueAt) {
  const known = seriesOfRuns.get(run);
  if (known) return known;
  const count = run.points.length / dimensions;
  const stride = Math.ceil(count / DENSE_STEPS);
  const steps = Float64Array.from({ length: Math.ceil(count / stride) }, (_, k) => k * stride);
  const values = steps.map((k) => valueAt(run.points.subarray(k * dimensions, (k + 1) * dimensions)));
  const series = { stride, steps, values, norms: steps.map((k) => run.norms[k]) };
  seriesOfRuns.set(run, series);
  return series;
}

/** The least and largest finite value of several arrays, the least above zero, and whether any is below it. */
export function rangeOf(arrays) {
  const range = { low: Infinity, high: -Infinity, positive: Infinity };
  for (const array of arrays) {
    for (const value of array) {
      if (!Number.isFinite(value)) continue;
      if (value < range.low) range.low = value;
      if (value > range.high) range.high = value;
      if (value > 0 && value < range.positive) range.positive = value;
    }
  }
  return range;
}

/**
 * Whether values are to be shown on a logarithmic axis: they fall by a factor of a thousand, and neither they nor the
 * lowest minimum, `least`, are below zero, from which their distance would mean nothing.
 */
export function isLogarithmic({ low, high, positive }, least = 0) {
  return Math.min(low, least) >= -ZERO * high && high > RISES * positive;
}

/** The ends of an axis that shows a range with some room; of one value a little above and below it. */
export function axisEnds({ low, high, positive }, logarithmic) {
  if (logarithmic) {
    const [least, most] = [Math.log10(Math.max(positive, ZERO * 1e-6 * high)), Math.log10(high)];
    const room = Math.max(0.15, 0.06 * (most - least));
    return [10 ** (least - room), 10 ** (most + room)];
  }
  if (!(high >= low)) return [0, 1];
  const room = 0.07 * (high - low) || Math.max(1e-3, 0.05 * Math.abs(low));
  return [low - room, high + room];
}

// Heights of the function on a grid, the levels of its contours, and where between them a height lies.

import { niceTicks } from "./ticks.js";

const CONTOUR_LEVELS = 16;
const LARGEST_HEIGHT = 1e150;

/** The drawn plane of a study: its axes, domain, and a view a little wider; `point` puts two numbers among all. */
export function drawnPlane(data, margin = 0.06) {
  const axes = data.slice ? data.slice.axes : [0, Math.min(1, data.variables.length - 1)];
  const [low, high] = [axes.map((axis) => data.domain.low[axis]), axes.map((axis) => data.domain.high[axis])];
  const wider = high.map((end, k) => margin * (end - low[k]));
  const point = (x, y) => {
    const at = data.slice ? Array.from(data.slice.at) : new Array(data.variables.length).fill(0);
    at[axes[0]] = x;
    if (axes[1] !== axes[0]) at[axes[1]] = y;
    return at;
  };
  const view = { low: low.map((end, k) => end - wider[k]), high: high.map((end, k) => end + wider[k]) };
  return { axes, low, high, view, point };
}

/** What the function is where a view draws it: plain arithmetic, nan where it has no finite value. */
export function plainValue(model) {
  const value = model.objective ? (x) => model.objective.plain.value(x, model.numbers ?? []) : model.value;
  return (x) => {
    const at = value(x);
    return Number.isFinite(at) ? Math.max(-LARGEST_HEIGHT, Math.min(LARGEST_HEIGHT, at)) : NaN;
  };
}

/** Values at columns x rows nodes over a box, ends included, row 0 lowest; `valueAt` takes x and y. */
export function sampledHeights(valueAt, low, high, columns, rows) {
  const values = new Float64Array(columns * rows);
  for (let j = 0; j < rows; j += 1) {
    const y = low[1] + ((high[1] - low[1]) * j) / (rows - 1);
    for (let i = 0; i < columns; i += 1) {
      values[j * columns + i] = valueAt(low[0] + ((high[0] - low[0]) * i) / (columns - 1), y);
    }
  }
  return values;
}

/**
 * The scale of heights, as the figures have it (figures/surface.py): colours run from `low` to `high`, by a power that
 * puts the median near their middle, and `levels` are those of contours. `relief` has ends, and a power, known before.
 */
export function heightScale(values, relief = null, known = []) {
  const sorted = sortedSample(values);
  if (sorted.length === 0) return { low: 0, high: 1, power: 1, levels: [] };
  const quantile = (part) => sorted[Math.round(part * (sorted.length - 1))];
  const least = Math.min(2 * quantile(0.01) - quantile(0.99), ...known);
  const low = relief ? relief.low : Math.max(quantile(0), least);
  const high = relief ? relief.high : evenTop(sorted, low, quantile(0.99));
  if (!(high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high))))
    return { low: low - 0.5, high: low + 0.5, power: 1, levels: [] };
  if (relief?.power) return scaleBetween(low, high, relief.power);
  const middle = Math.min(1 - 1e-9, Math.max(1e-9, (quantile(0.5) - low) / (high - low)));
  const power = Math.min(3, Math.max(0.4, Math.log(middle) / Math.log(0.5)));
  return scaleBetween(low, high, power);
}

function scaleBetween(low, high, power) {
  return { low, high, power: isEvenPower(power) ? 1 : power, levels: levelsBetween(low, high, power) };
}

/** At most some thousands of the finite values, ascending. */
function sortedSample(values) {
  const stride = Math.max(1, Math.floor(values.length / 8000)) | 1;
  const sample = [];
  for (let k = 0; k < values.length; k += stride) if (!Number.isNaN(values[k])) sample.push(values[k]);
  return Float64Array.from(sample).sort();
}

function evenTop(sorted, low, high) {
  const top = sorted[sorted.length - 1];
  return top - high < 0.4 * (high - low) ? top : high;
}

function isEvenPower(power) {
  return power >= 0.75 && power <= 1.35;
}

/** Contour levels inside (low, high): round and even ones, or by a power where most of the function is flat. */
function levelsBetween(low, high, power) {
  const inside = (levels) => levels.filter((level, k) => level > low && level < high && level !== levels[k - 1]);
  if (isEvenPower(power)) return inside(niceTicks(low, high, CONTOUR_LEVELS));
  const spread = Array.from(
    { length: CONTOUR_LEVELS + 1 },
    (_, k) => low + (high - low) * (k / CONTOUR_LEVELS) ** power,
  );
  return inside(spread.slice(1, -1).map((level, k) => roundedTo(level, spread[k + 2] - level)));
}

/** A level rounded to about a fortieth of its distance to the next. */
function roundedTo(level, gap) {
  const exponent = Math.floor(Math.log10(gap / 4));
  return Number(`${Math.round(Number(`${level}e${-exponent}`))}e${exponent}`);
}

/** Where heights lie between the ends of the scale, from 0 to 1; nan where the function is not finite. */
export function heightPositions(values, scale) {
  const [span, bend] = [scale.high - scale.low, 1 / scale.power];
  const positions = new Float32Array(values.length);
  for (let k = 0; k < values.length; k += 1) {
    const part = (values[k] - scale.low) / span;
    positions[k] = part <= 0 ? 0 : part >= 1 ? 1 : bend === 1 ? part : part ** bend;
  }
  return positions;
}

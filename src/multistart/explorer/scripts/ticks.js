// Numbers on axes: where ticks stand, and how numbers are written.

const RAISED_FIGURES = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const TICK_STEPS = [1, 2, 2.5, 5, 10];

/** The smallest of 1, 2, 2.5 and 5 times a power of ten that is at least `least`, as [mantissa, exponent]. */
export function niceStep(least) {
  let exponent = Math.floor(Math.log10(least));
  while (10 ** exponent > least) exponent -= 1;
  const mantissa = TICK_STEPS.find((m) => m * 10 ** exponent >= least * (1 - 1e-9)) ?? 10;
  return mantissa === 10 ? [1, exponent + 1] : [mantissa, exponent];
}

/**
 * At most `most` round numbers in [low, high], evenly spaced: 1, 2, 2.5 or 5 times a power of ten apart.
 *
 * Each is the double nearest to its decimals, so 0.3 and not 0.30000000000000004. Empty where the range is no range.
 */
export function niceTicks(low, high, most) {
  if (!(high > low) || !Number.isFinite(high - low)) return [];
  let [mantissa, exponent] = niceStep((high - low) / Math.max(1, most));
  let ticks = multiples(low, high, mantissa, exponent);
  while (ticks.length > Math.max(1, most)) {
    [mantissa, exponent] = niceStep(mantissa * 10 ** exponent * 1.01);
    ticks = multiples(low, high, mantissa, exponent);
  }
  return ticks;
}

function multiples(low, high, mantissa, exponent) {
  const step = mantissa * 10 ** exponent;
  const slack = 1e-9 * (high - low);
  const first = Math.ceil((low - slack) / step);
  const ticks = [];
  for (let k = first; k * step <= high + slack && ticks.length < 1000; k += 1)
    ticks.push(decimal(k * mantissa, exponent));
  return ticks;
}

/** m * 10**e rounded once; a product would round twice. */
function decimal(mantissa, exponent) {
  return Number(`${mantissa}e${exponent}`) + 0;
}

/**
 * Powers of ten in [low, high], every second, third ... of them where they are more than `most`; 2 and 5 times them
 * where they are fewer than three.
 */
export function logTicks(low, high, most) {
  if (!(low > 0) || !(high > low) || !Number.isFinite(high)) return [];
  const first = Math.floor(Math.log10(low)) - 1;
  const last = Math.ceil(Math.log10(high)) + 1;
  const within = (tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9);
  const powers = Array.from({ length: last - first + 1 }, (_, k) => first + k).filter((e) => within(decimal(1, e)));
  if (powers.length < 3) return fineLogTicks(first, last, most, within) ?? niceTicks(low, high, most);
  const every = Math.ceil(powers.length / Math.max(2, most));
  return powers.filter((e) => e % every === 0).map((e) => decimal(1, e));
}

function fineLogTicks(first, last, most, within) {
  for (const leading of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let e = first; e <= last; e += 1) ticks.push(...leading.map((m) => decimal(m, e)).filter(within));
    if (ticks.length > 1 && ticks.length <= Math.max(2, most)) return ticks;
  }
  return null;
}

/** Whole numbers of steps in [0, last]; on a logarithmic axis of 1 + step: 0, 1, 10, 100 ..., with 2 and 5 if few. */
export function stepTicks(last, most, logarithmic) {
  if (!logarithmic) return niceTicks(0, Math.max(1, last), most).filter(Number.isInteger);
  const leading = last <= 150 && most > 6 ? [1, 2, 5] : [1];
  const ticks = [0];
  for (let e = 0; 10 ** e <= last; e += 1)
    ticks.push(...leading.map((m) => m * 10 ** e).filter((tick) => tick <= last));
  const every = Math.ceil(ticks.length / Math.max(2, most));
  return ticks.filter((_, k) => k % every === 0);
}

/**
 * A number to a few significant digits, with a true minus sign; 0 where it is smaller than `least`.
 *
 * numberLabel(-6.5511333) is "−6.551", numberLabel(1.5e20) is "1.5×10²⁰".
 */
export function numberLabel(value, digits = 4, least = 0) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Math.abs(value) <= least) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size >= 6 || size < -4) return scientific(value, digits);
  return Number(value.toPrecision(digits)).toString().replace("-", "−");
}

function scientific(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const shown = Number(mantissa).toString().replace("-", "−");
  return `${shown === "1" ? "" : shown === "−1" ? "−" : `${shown}×`}10${raisedTen(Number(exponent))}`;
}

/** An exponent in raised figures. */
function raisedTen(exponent) {
  return [...String(exponent)].map((figure) => RAISED_FIGURES[figure]).join("");
}

/** Labels of ticks, different ones for different ticks; decimals have all the same number of digits. */
export function tickLabels(ticks) {
  const largest = Math.max(0, ...ticks.map(Math.abs));
  const nearest = ticks.slice(1).reduce((least, tick, k) => Math.min(least, Math.abs(tick - ticks[k])), largest || 1);
  if (largest >= 1e6 || largest < 1e-3) return ticks.map((tick) => numberLabel(tick, digitsOf(largest, nearest)));
  const decimals = Math.max(0, ...ticks.map((tick) => (String(tick).split(".")[1] ?? "").length));
  return ticks.map((tick) =>
    tick
      .toFixed(decimals)
      .replace("-", "−")
      .replace(/^−(0(\.0+)?)$/, "$1"),
  );
}

function digitsOf(largest, nearest) {
  return Math.min(17, Math.max(3, Math.ceil(Math.log10(largest / nearest)) + 2));
}

/** Labels of logarithmic ticks: plain numbers while they are short, else powers of ten. */
export function logLabels(ticks) {
  const plain = ticks.every((tick) => tick >= 0.01 && tick < 1e5);
  return ticks.map((tick) => (plain ? numberLabel(tick) : scientific(tick, 2)));
}

/** Whole numbers with a comma between thousands. */
export function stepLabels(ticks) {
  return ticks.map((tick) => String(tick).replace(/\B(?=(\d{3})+$)/g, ","));
}

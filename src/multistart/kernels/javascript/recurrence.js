/**
 * When an orbit comes back: Brent's algorithm with a tolerance. The decisions of descents/recurrence.py, for one orbit.
 *
 * `follow(row, updates)` gives a row and what each update makes of it, one after the other; a row is a point in d
 * coordinates, then what else an update depends on.
 */

const BACK = 1e-8; // of its extent: so near an orbit comes back that does
const ON_CYCLE = 1e-6; // likewise: so near its cycle is an orbit that has arrived
const NEARLY = 1e-4; // likewise: so near to a shorter period an orbit may be converging to that
const ROUNDED = 1e-12; // likewise: moves that are rounding
const AT_ONCE = 64; // updates of an orbit that are held
const STRETCHES = 16; // of an orbit in time
const WIDER = 1.5; // times as wide is the range of all of it at most
const LEAST_EXTENT = 1e-6; // of its place: the extent of an orbit, below which it is at rest but for its last digits

/** The largest modulus of some numbers; nan where one is. */
export function largestOf(numbers) {
  let most = 0;
  for (let j = 0; j < numbers.length; j++) most = Math.max(most, Math.abs(numbers[j]));
  return most;
}

function largestApart(orbit, a, b, d) {
  let most = 0;
  for (let j = 0; j < d; j++) most = Math.max(most, Math.abs(orbit[a + j] - orbit[b + j]));
  return most;
}

/** How near is back: a part of the extent, or the last digits of an orbit that is at rest but for these. */
function slackOf(extent, anchor) {
  return Math.max(BACK * extent, BACK * LEAST_EXTENT * largestOf(anchor));
}

/** After how many updates the orbit was near an anchor again, and its row there: `{length, row}`, length 0 if never. */
export function firstReturn(follow, row, d, longest) {
  const words = row.length;
  for (let power = 1; power <= longest; power *= 2) {
    const anchor = row.subarray(0, d);
    let extent = 0;
    for (let done = 0; done < power; done += AT_ONCE) {
      const updates = Math.min(AT_ONCE, power - done);
      const orbit = follow(row, updates);
      for (let t = 1; t <= updates; t++) {
        const point = orbit.subarray(t * words, t * words + d);
        const distance = largestOf(point.map((x, j) => x - anchor[j]));
        extent = Math.max(extent, distance);
        if (!Number.isFinite(distance)) return { length: 0, row };
        const there = orbit.slice(t * words, (t + 1) * words);
        if (distance <= slackOf(extent, anchor)) return { length: done + t, row: there };
      }
      row = orbit.slice(updates * words);
    }
  }
  return { length: 0, row };
}

/**
 * The smallest divisor of a number of updates, after which the orbit came back once, after which every point does; 0
 * where that is not certain: where it still converges to a cycle, or nearly has a shorter period; 1 at rest.
 */
export function smallestDivisor(follow, row, d, length) {
  const words = row.length;
  const orbit = follow(row, 3 * length - 1);
  let extent = 0;
  for (let t = 0; t < 3 * length; t++) extent = Math.max(extent, largestApart(orbit, t * words, 0, d));
  const place = largestOf(orbit.subarray(0, d));
  if (extent <= LEAST_EXTENT * place) return 1;
  const slack = slackOf(extent, orbit.subarray(0, d));
  for (let q = 1; q <= length; q++) {
    if (length % q !== 0) continue;
    const { off, left } = moves(orbit, words, d, length, q, extent);
    if (off <= slack && left <= ON_CYCLE * extent) return q;
    if (!(off > NEARLY * extent)) return 0;
  }
  return 0;
}

/** By how much at most points move in q updates; and how far they are from their cycle, from two moves in sequence. */
function moves(orbit, words, d, length, q, extent) {
  let [off, both, alone] = [0, 0, 0];
  for (let t = 0; t < length; t++) {
    let [products, squares] = [0, 0];
    for (let j = 0; j < d; j++) {
      const at = t * words + j;
      const first = orbit[at + q * words] - orbit[at];
      const second = orbit[at + 2 * q * words] - orbit[at + q * words];
      off = Math.max(off, Math.abs(first));
      products += first * second;
      squares += first * first;
    }
    both += products;
    alone += squares;
  }
  return { off, left: off <= ROUNDED * extent ? 0 : off / Math.abs(1 - both / alone) };
}

/** Whether the points of an orbit, but for the first, range hardly wider in all than in a short time. */
export function keepsItsRange(orbit, words, d) {
  const times = Math.floor((orbit.length / words - 1) / STRETCHES);
  const ranges = Array.from({ length: d }, (_, j) => rangesOf(orbit, words, times, j));
  const widest = largestOf(ranges.map((each) => each.high - each.low));
  return ranges.every(({ low, high, usual }) => {
    const range = high - low;
    const rests = range <= LEAST_EXTENT * Math.max(Math.abs(low), Math.abs(high), widest);
    return Number.isFinite(range) && (rests || range <= WIDER * usual);
  });
}

/** The range of a coordinate in all stretches of time together, and the usual width of one. */
function rangesOf(orbit, words, times, j) {
  const widths = new Float64Array(STRETCHES);
  let [lowest, highest] = [Infinity, -Infinity];
  for (let s = 0; s < STRETCHES; s++) {
    let [low, high] = [Infinity, -Infinity];
    for (let t = 1 + s * times; t <= (s + 1) * times; t++) {
      low = Math.min(low, orbit[t * words + j]);
      high = Math.max(high, orbit[t * words + j]);
    }
    widths[s] = high - low;
    [lowest, highest] = [Math.min(lowest, low), Math.max(highest, high)];
  }
  return { low: lowest, high: highest, usual: widths.sort()[STRETCHES / 2] };
}

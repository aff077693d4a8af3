/**
 * A fit in a page: the sum over rows of data of a term, in the order of the kernel, so with its bits where the term has.
 */

const BLOCK = 16; // rows that are added one after the other, before blocks are added pairwise

/**
 * The object of an objective, as of a formula, from that of one row: `{dimensions, mean, platformDependent, exact,
 * plain}`, where each of the last two has `ofGradient(row)` and `ofValue(row)`, the numbers of a row that the two take,
 * computed once; `gradient(x, row, out)` and `value(x, row)` of that row, and `norm(g)`. The `numbers` of a fit are how
 * many rows there are, and then the rows.
 */
export function overRows(term) {
  const { dimensions, mean, platformDependent } = term;
  const [exact, plain] = [term.exact, term.plain].map((one) => summed(one, dimensions, mean));
  return { dimensions, platformDependent, exact, plain };
}

function summed(term, d, mean) {
  const [ofGradient, ofValue] = [keptOf(term.ofGradient), keptOf(term.ofValue)];
  const [sums, sum] = [new PairwiseSums(d), new PairwiseSums(1)];
  const [slope, height] = [new Float64Array(d), new Float64Array(1)];
  return {
    gradient(x, numbers, out) {
      let defined = true;
      sums.begin();
      for (const row of ofGradient(numbers)) {
        defined = term.gradient(x, row, slope) && defined;
        sums.add(slope);
      }
      sums.total(out, mean);
      return defined;
    },
    value(x, numbers) {
      sum.begin();
      for (const row of ofValue(numbers)) {
        height[0] = term.value(x, row);
        sum.add(height);
      }
      sum.total(height, mean);
      return height[0];
    },
    norm: term.norm,
  };
}

/** What a function makes of each row, kept as long as the numbers are. */
function keptOf(ofRow) {
  const kept = new WeakMap();
  return (numbers) => {
    if (!kept.has(numbers)) kept.set(numbers, rowsOf(numbers).map((row) => Float64Array.from(ofRow(row))));
    return kept.get(numbers);
  };
}

/** The rows of a fit's numbers. */
function rowsOf(numbers) {
  const [n, all] = [numbers[0], Float64Array.from(numbers).subarray(1)];
  const columns = all.length / n;
  return Array.from({ length: n }, (_, k) => all.subarray(k * columns, (k + 1) * columns));
}

/**
 * Sums of numbers that come row by row: in blocks one after the other, and blocks merged as a binary counter carries,
 * at the end from the last to the first (Higham 1993, SIAM J. Sci. Comput. 14(4)).
 */
class PairwiseSums {
  constructor(d) {
    this.d = d;
    this.block = new Float64Array(d);
    this.held = []; // sums of 2^k blocks, the larger ones first
    this.begin();
  }

  begin() {
    this.rows = 0;
    this.depth = 0;
  }

  /** Add the numbers of the next row. */
  add(terms) {
    const { d, block } = this;
    if (this.rows % BLOCK === 0) {
      if (this.rows > 0) this.carry();
      block.set(terms);
    } else {
      for (let j = 0; j < d; j++) block[j] += terms[j];
    }
    this.rows += 1;
  }

  /** Put the sums of all rows into an array, or their means. */
  total(out, mean) {
    const { d, block, held } = this;
    for (let k = this.depth - 1; k >= 0; k--) for (let j = 0; j < d; j++) block[j] = held[k][j] + block[j];
    for (let j = 0; j < d; j++) out[j] = mean ? block[j] / this.rows : block[j];
  }

  /** The block that is full joins as many sums as the number of blocks is divided by two. */
  carry() {
    const { d, block, held } = this;
    for (let blocks = this.rows / BLOCK; blocks % 2 === 0; blocks /= 2) {
      this.depth -= 1;
      for (let j = 0; j < d; j++) block[j] = held[this.depth][j] + block[j];
    }
    held[this.depth] ??= new Float64Array(d);
    held[this.depth].set(block);
    this.depth += 1;
  }
}

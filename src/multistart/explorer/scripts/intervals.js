// One dimension: where basins begin and end, exactly where edges were bisected.

/**
 * The intervals of a line of starts with one code each, from the domain's low end to its high one, as {from, to, code}.
 *
 * Two end at the edge that lies between neighbouring starts of different codes, else half-way between these.
 */
export function basinIntervals(basins, low, high) {
  const { columns, codes } = basins;
  const cell = (high - low) / columns;
  const edges = Float64Array.from((basins.edges ?? []).flatMap(({ points }) => Array.from(points))).sort();
  const intervals = [{ from: low, to: high, code: codes[0] }];
  for (let i = 0; i + 1 < columns; i += 1) {
    if (codes[i] === codes[i + 1]) continue;
    const border = low + (i + 1) * cell;
    const at = nearestEdge(edges, border, cell);
    intervals[intervals.length - 1].to = at;
    intervals.push({ from: at, to: high, code: codes[i + 1] });
  }
  return intervals;
}

/** The edge nearest to the border of two cells, no farther than a cell, else the border. */
function nearestEdge(edges, border, cell) {
  const near = edges.reduce(
    (best, edge) => (Math.abs(edge - border) < Math.abs(best - border) ? edge : best),
    Infinity,
  );
  return Math.abs(near - border) <= cell ? near : border;
}

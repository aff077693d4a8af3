// Contour lines by marching squares (Lorensen & Cline's cubes, SIGGRAPH 1987, in the plane), joined to polylines.

/**
 * The lines on which a grid of values is `level`, linear between neighbours: each as x0, y0, x1, y1 ... in columns and
 * rows of the grid. A closed line ends where it begins; others end at the border or beside values that are not finite.
 *
 * In a cell whose corners alternate the middle of the four decides which of them are joined.
 */
export function contourLines(values, columns, rows, level) {
  const links = new Map();
  for (let j = 0; j + 1 < rows; j += 1) {
    for (let i = 0; i + 1 < columns; i += 1) linkCell(links, values, columns, j * columns + i, level);
  }
  return joinedLines(links).map((line) => placesOf(line, values, columns, level));
}

/** Link the edges that the contour crosses in the cell right of and above a node; edges are 2 node, + 1 if up. */
function linkCell(links, values, columns, node, level) {
  const a = values[node];
  const b = values[node + 1];
  const c = values[node + columns + 1];
  const d = values[node + columns];
  const above = (a > level ? 1 : 0) | (b > level ? 2 : 0) | (c > level ? 4 : 0) | (d > level ? 8 : 0);
  if (above === 0 || above === 15 || !Number.isFinite(a + b + c + d)) return;
  const [south, east, north, west] = [2 * node, 2 * node + 3, 2 * (node + columns), 2 * node + 1];
  if (above === 5 || above === 10) {
    const joined = (a + b + c + d) / 4 > level === (above === 5);
    linkEdges(links, south, joined ? east : west);
    linkEdges(links, north, joined ? west : east);
    return;
  }
  const ends = [];
  if (!(above & 1) !== !(above & 2)) ends.push(south);
  if (!(above & 2) !== !(above & 4)) ends.push(east);
  if (!(above & 4) !== !(above & 8)) ends.push(north);
  if (!(above & 8) !== !(above & 1)) ends.push(west);
  linkEdges(links, ends[0], ends[1]);
}

function linkEdges(links, first, second) {
  for (const [from, to] of [
    [first, second],
    [second, first],
  ]) {
    const others = links.get(from);
    if (others) others.push(to);
    else links.set(from, [to]);
  }
}

/** The chains of edges: first those with two ends, then closed ones, which end with their first edge. */
function joinedLines(links) {
  const lines = [];
  const left = new Set(links.keys());
  for (const [edge, others] of links)
    if (others.length === 1 && left.has(edge)) lines.push(chainFrom(edge, links, left));
  for (const edge of links.keys()) {
    if (left.has(edge)) {
      const line = chainFrom(edge, links, left);
      lines.push([...line, line[0]]);
    }
  }
  return lines;
}

function chainFrom(first, links, left) {
  const line = [];
  for (let edge = first; edge !== undefined; edge = links.get(edge).find((other) => left.has(other))) {
    line.push(edge);
    left.delete(edge);
  }
  return line;
}

/** Where the level lies on each edge, as columns and rows. */
function placesOf(line, values, columns, level) {
  const places = new Float64Array(2 * line.length);
  line.forEach((edge, k) => {
    const node = edge >> 1;
    const up = edge & 1;
    const here = values[node];
    const way = (level - here) / (values[node + (up ? columns : 1)] - here);
    places[2 * k] = (node % columns) + (up ? 0 : way);
    places[2 * k + 1] = Math.floor(node / columns) + (up ? way : 0);
  });
  return places;
}

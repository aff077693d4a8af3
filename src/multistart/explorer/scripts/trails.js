// The ways of balls in pixels: without points that cannot be told apart, cut far outside, and drawn piece by piece.

const NEAR_PX = 0.7; // nearer points are drawn as one
const FAR_PX = 20000; // beyond it, only the direction is kept
const MOST_VERTICES = 20000;
const THIN_CASING = "rgba(31, 31, 31, 0.75)"; // of many trails, which have the colours of the ground
const DOTS_APART = 7; // px between updates, from which on each has a dot

/**
 * A run's points in px: those that a drawn line needs, each with its update, and whether the line jumps to it because
 * the way there is drawn already, as in a cycle. The line stops where a point is not finite.
 *
 * `project(points, offset)` gives x and y in px of the point that begins at an offset.
 */
export function pixelTrail(run, dimensions, project) {
  const trail = { xs: [], ys: [], updates: [], jumps: [] };
  const ways = new Set();
  const count = run.points.length / dimensions;
  for (let k = 0; k < count && trail.xs.length < MOST_VERTICES; k += 1) {
    const [x, y] = project(run.points, k * dimensions);
    if (!Number.isFinite(x + y)) break;
    addVertex(trail, ways, x, y, k, k + 1 === count);
  }
  return trail;
}

function addVertex(trail, ways, x, y, update, isLast) {
  const last = trail.xs.length - 1;
  const [dx, dy] = last < 0 ? [0, 0] : [x - trail.xs[last], y - trail.ys[last]];
  const way = last < 0 ? Infinity : Math.hypot(dx, dy);
  if (way < NEAR_PX && !isLast) return;
  const short = last < 0 || way <= FAR_PX ? 1 : FAR_PX / way;
  const [toX, toY] = short === 1 ? [x, y] : [trail.xs[last] + short * dx, trail.ys[last] + short * dy];
  const key = last < 0 ? "" : [trail.xs[last], trail.ys[last], toX, toY].map(Math.round).join();
  trail.jumps.push(ways.has(key));
  ways.add(key);
  trail.xs.push(toX);
  trail.ys.push(toY);
  trail.updates.push(update);
}

/** How many vertices of a trail lie at or before an update. */
export function verticesUpTo(trail, update) {
  let [low, high] = [0, trail.updates.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (trail.updates[middle] <= update) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where a ball is after a number of updates, which may be fractional, as x and y; no later than finite. */
export function placeAt(run, dimensions, project, at) {
  const last = run.points.length / dimensions - 1;
  let below = Math.max(0, Math.min(last, Math.floor(at)));
  let [x, y] = project(run.points, below * dimensions);
  while (below > 0 && !Number.isFinite(x + y)) {
    below -= 1;
    [x, y] = project(run.points, below * dimensions);
  }
  const part = Math.min(at, last) - below;
  if (!(part > 0) || below === last) return [x, y];
  const [nextX, nextY] = project(run.points, (below + 1) * dimensions);
  return Number.isFinite(nextX + nextY) && part <= 1 ? [x + part * (nextX - x), y + part * (nextY - y)] : [x, y];
}

/**
 * A layer that trails are drawn on piece by piece as the balls move, and anew when one goes back or another comes.
 *
 * A light edge is drawn beneath all that is there already, so pieces join as if each line were drawn at once.
 */
export function createTrailLayer(context, project, dimensions, dotted = true) {
  let trails = new WeakMap();
  let drawn = [];
  const trailOf = (run) => {
    if (!trails.has(run)) trails.set(run, pixelTrail(run, dimensions, project));
    return trails.get(run);
  };
  const clear = () => {
    const { canvas } = context;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.restore();
    drawn = [];
  };
  const draw = (balls, casing, thinCasing = THIN_CASING) => {
    if (!continues(drawn, balls, casing)) clear();
    const thin = balls.length > 8;
    balls.forEach((ball, b) => {
      const trail = trailOf(ball.run);
      const upTo = verticesUpTo(trail, ball.at);
      const from = drawn[b]?.upTo ?? 0;
      if (upTo > from)
        drawPiece(context, trail, [Math.max(0, from - 1), upTo], ball.colour, thin ? thinCasing : casing, thin);
      if (upTo > from && dotted && !thin) drawUpdates(context, trail, Math.max(0, from - 1), upTo, ball.colour);
      drawn[b] = { run: ball.run, colour: ball.colour, casing, at: ball.at, upTo };
    });
    return balls.map((ball, b) => tailOf(trailOf(ball.run), drawn[b].upTo));
  };
  return {
    draw,
    clear,
    forget: () => {
      trails = new WeakMap();
      clear();
    },
  };
}

/** Whether what was drawn is the beginning of what is to be drawn. */
function continues(drawn, balls, casing) {
  return (
    drawn.length === balls.length &&
    balls.every((ball, b) => {
      const before = drawn[b];
      return (
        before.run === ball.run && before.colour === ball.colour && before.casing === casing && before.at <= ball.at
      );
    })
  );
}

function tailOf(trail, upTo) {
  return upTo > 0 ? [trail.xs[upTo - 1], trail.ys[upTo - 1]] : null;
}

function drawPiece(context, trail, [from, upTo], colour, casing, thin) {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.beginPath();
  context.moveTo(trail.xs[from], trail.ys[from]);
  for (let k = from + 1; k < upTo; k += 1) {
    if (trail.jumps[k]) context.moveTo(trail.xs[k], trail.ys[k]);
    else context.lineTo(trail.xs[k], trail.ys[k]);
  }
  context.strokeStyle = colour;
  context.lineWidth = thin ? 1.3 : 2.2;
  context.stroke();
  context.globalCompositeOperation = "destination-over";
  context.strokeStyle = casing;
  context.lineWidth = thin ? 2.6 : 4.6;
  context.stroke();
  context.globalCompositeOperation = "source-over";
}

/** A dot at each update that is well apart from the one before it, so that large steps are seen as steps. */
function drawUpdates(context, trail, from, upTo, colour) {
  context.fillStyle = colour;
  context.beginPath();
  for (let k = Math.max(1, from); k < upTo; k += 1) {
    const [x, y] = [trail.xs[k], trail.ys[k]];
    if (
      trail.updates[k] - trail.updates[k - 1] === 1 &&
      Math.hypot(x - trail.xs[k - 1], y - trail.ys[k - 1]) >= DOTS_APART
    ) {
      context.moveTo(x + 3, y);
      context.arc(x, y, 3, 0, 2 * Math.PI);
    }
  }
  context.fill();
}

/** What lies on a surface: trails, balls and marks, each at the height of the triangles beneath it, pale behind a hill. */

import { onScreen } from "./camera.js";
import { isSeen } from "./raster.js";
import { heightAt, heightOf, inBox } from "./terrain.js";

const LIFT = 0.008; // of what lies on the surface, in sides of the box
const FINE = 0.03; // longest stretch of a trail that is straight
const MOST = 4000; // points of a trail
const UNSEEN = 0.3; // how strong is what lies behind a hill

/** A point of the function's variables in the box: on the triangles, or of a slice at its own height. */
export function placed(terrain, plane, point, valueAt) {
  const [i, j] = plane.axes,
    x = inBox(terrain.domain, 0, point[i]),
    y = inBox(terrain.domain, 1, point[j]);
  const z = point.length === 2 ? heightAt(terrain, x, y) : heightOf(terrain.scale, valueAt(point));
  return [x, y, z + LIFT];
}

/**
 * A path draped over the surface: points of the box one after the other, and after how many updates it is there.
 * `points` has `d` numbers each, as those of a run. Of a very long path only the last part is kept fine.
 */
export function draped(terrain, plane, points, d, valueAt) {
  const count = points.length / d,
    xyz = [],
    at = [],
    stretch = Math.max(1, Math.floor(MOST / Math.max(count, 1)));
  const point = (k, part) =>
    Array.from({ length: d }, (_, c) => {
      const here = points[k * d + c];
      return part === 0 ? here : here + part * (points[(k + 1) * d + c] - here);
    });
  for (let k = 0; k < count; k++) {
    const pieces = k + 1 < count ? Math.min(piecesOf(terrain, plane, points, d, k), Math.max(stretch, 2)) : 1;
    for (let s = 0; s < pieces; s++) {
      xyz.push(...placed(terrain, plane, point(k, s / pieces), valueAt));
      at.push(k + s / pieces);
    }
  }
  return { xyz: Float64Array.from(xyz), at: Float64Array.from(at) };
}

/** In how many pieces a step is cut so that it bends with the surface. */
function piecesOf(terrain, plane, points, d, k) {
  const across = plane.axes.map((axis, j) => {
    const far = points[(k + 1) * d + axis] - points[k * d + axis];
    return (2 * far) / (terrain.domain.high[j] - terrain.domain.low[j]);
  });
  const far = Math.hypot(...across);
  return Number.isFinite(far) ? Math.max(1, Math.min(Math.ceil(far / FINE), 64)) : 1;
}

/**
 * A path on the picture, up to so many updates, as two of the canvas: what is seen, and what is behind a hill.
 * `layer` is the raster with `scale`, its pixels for one of the picture.
 */
export function pathsOn(lens, layer, path, upTo = Infinity) {
  const seen = new Path2D(),
    unseen = new Path2D(),
    place = [0, 0, 0];
  let before = null,
    was = false;
  for (let k = 0; k < path.at.length && path.at[k] <= upTo; k++) {
    if (Number.isNaN(path.xyz[3 * k + 2])) {
      before = null;
      continue;
    }
    onScreen(lens, path.xyz[3 * k], path.xyz[3 * k + 1], path.xyz[3 * k + 2], place);
    if (before && Math.hypot(place[0] - before[0], place[1] - before[1]) < 0.5) continue;
    const is = seenAt(layer, place),
      into = is ? seen : unseen;
    if (before && is === was) into.lineTo(place[0], place[1]);
    else if (before) joinedAt(into, before, place);
    else into.moveTo(place[0], place[1]);
    before = [place[0], place[1]];
    was = is;
  }
  return { seen, unseen };
}

function joinedAt(into, before, place) {
  into.moveTo(before[0], before[1]);
  into.lineTo(place[0], place[1]);
}

/** Whether a place of the picture is in front of the terrain. */
export function seenAt(layer, [across, down, near]) {
  return isSeen(layer.raster, across * layer.scale, down * layer.scale, near);
}

/** Stroke a path: with a casing where it is seen, pale where it is not. */
export function strokePaths(context, { seen, unseen }, colour, casing, width) {
  context.lineJoin = context.lineCap = "round";
  context.strokeStyle = colour;
  context.lineWidth = 0.7 * width;
  context.globalAlpha = UNSEEN;
  context.stroke(unseen);
  context.globalAlpha = 1;
  if (casing) {
    context.strokeStyle = casing;
    context.lineWidth = width + 2;
    context.stroke(seen);
  }
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(seen);
}

/** Draw something at a point of the box, pale where that is behind a hill; nothing where it is in a hole. */
export function drawOn(context, lens, layer, [x, y, z], draw) {
  if (Number.isNaN(z)) return;
  const place = onScreen(lens, x, y, z);
  context.globalAlpha = seenAt(layer, place) ? 1 : UNSEEN + 0.1;
  draw(place[0], place[1], place[2]);
  context.globalAlpha = 1;
}

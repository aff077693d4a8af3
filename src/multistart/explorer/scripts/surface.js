/** The surface of the function, which turns: a view as the map is, and the ball on it. */

import { lensOf, rayThrough, turnedCamera, zoomedCamera } from "./camera.js";
import { drawBox } from "./boxFrame.js";
import { drawBalls, drawMarks } from "./surfaceMarks.js";
import { drawnPlane, heightScale, plainValue } from "./heat.js";
import { draped, placed } from "./onSurface.js";
import { outlookOn } from "./outlook.js";
import { makeRaster, rasterize } from "./raster.js";
import { blankCanvas, makeSkin, SKIN_SIZE } from "./skin.js";
import { firstHit, inDomain, makeTerrain } from "./terrain.js";
import { makeTurnable } from "./turning.js";
import { themeOf } from "./colours.js";

const SETTLED = 140; // milliseconds without a turn, after which the picture is made fine
const AT_REST = 3.2e6; // pixels of the terrain's picture
const TURNING = 0.55e6; // while it turns, at first
const FASTEST = 12; // milliseconds for them: their number stays between
const SLOWEST = 24;

/** A view of a function of two variables, or of a slice, on a canvas; it listens to what turns it until destroyed. */
export function createSurface(canvas, model) {
  return new SurfaceView(canvas, model);
}

class SurfaceView {
  constructor(canvas, model) {
    this.canvas = canvas;
    this.model = model;
    this.valueAt = plainValue(model);
    this.plane = drawnPlane(model.data, 0);
    const known = model.data.minima.map((minimum) => minimum.value);
    this.terrain = makeTerrain(
      { low: this.plane.low, high: this.plane.high },
      (x, y) => this.valueAt(this.plane.point(x, y)),
      (values) => heightScale(values, model.data.relief, known),
    );
    this.home = outlookOn(
      this.terrain,
      model.data.minima.map(({ at }) => this.placed(at)),
    );
    this.camera = this.home;
    this.pixels = TURNING;
    this.paths = new WeakMap();
    this.listening = makeTurnable(canvas, this);
    this.resize();
  }

  /** Take the canvas's new size, in pixels of the screen. */
  resize() {
    const { width, height } = this.canvas.getBoundingClientRect(),
      dense = globalThis.devicePixelRatio || 1;
    this.size = [Math.max(width, 1), Math.max(height, 1)];
    this.dense = dense;
    this.canvas.width = Math.round(this.size[0] * dense);
    this.canvas.height = Math.round(this.size[1] * dense);
    this.layer = null;
    this.worn = null;
    if (this.frame) this.draw(this.frame);
  }

  /** Look from elsewhere: coarse and at once, fine when it rests. */
  look(camera) {
    this.camera = camera;
    this.layer = null;
    this.turning = true;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.turning = false;
      this.layer = null;
      this.redraw();
    }, SETTLED);
    this.redraw();
  }

  /** Turn by parts of a turn around and upwards. */
  turn(around, up = 0) {
    this.look(turnedCamera(this.camera, 2 * Math.PI * around, 2 * Math.PI * up));
  }

  /** Come nearer by a factor. */
  zoom(factor) {
    this.look(zoomedCamera(this.camera, factor));
  }

  /** Draw the last frame again, once before the next is shown. */
  redraw() {
    if (this.asked || !this.frame) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      if (this.frame) this.draw(this.frame);
    });
  }

  draw(frame) {
    this.frame = frame;
    const theme = themeOf(frame.dark),
      context = this.canvas.getContext("2d");
    const lens = lensOf(this.camera, ...this.size, this.room());
    this.wear(frame, theme);
    this.layer ??= this.terrainLayer(lens);
    context.setTransform(this.dense, 0, 0, this.dense, 0, 0);
    context.clearRect(0, 0, ...this.size);
    drawBox(context, lens, this.terrain, this.names(), theme, { size: this.size[0], texts: this.model.texts });
    context.imageSmoothingEnabled = true;
    context.drawImage(this.layer.canvas, 0, 0, ...this.size);
    const scene = { context, lens, layer: this.layer, theme, frame, view: this };
    drawMarks(scene);
    drawBalls(scene);
  }

  /** The point of the function under a place of the window, or null where none is. */
  pick(clientX, clientY) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const lens = lensOf(this.camera, ...this.size, this.room());
    const hit = firstHit(this.terrain, rayThrough(lens, clientX - left, clientY - top));
    return hit && this.plane.point(inDomain(this.terrain.domain, 0, hit[0]), inDomain(this.terrain.domain, 1, hit[1]));
  }

  destroy() {
    this.listening();
    clearTimeout(this.settling);
    cancelAnimationFrame(this.asked);
    this.frame = null;
  }

  /** A point of the function in the box, on the surface. */
  placed(point) {
    return placed(this.terrain, this.plane, point, this.valueAt);
  }

  /** A path over the surface; its points have so many coordinates each. */
  draped(points, dimensions) {
    return draped(this.terrain, this.plane, points, dimensions, this.valueAt);
  }

  /** The path of a run, laid once. */
  trail(run) {
    const known = this.paths.get(run);
    if (known?.length === run.points.length) return known.path;
    const path = this.draped(run.points, this.model.data.variables.length);
    this.paths.set(run, { length: run.points.length, path });
    return path;
  }

  /** How many texels of the skin a pixel of the page is, where the surface lies flat and at zoom 1. */
  texel() {
    return (SKIN_SIZE * this.camera.zoom) / (2 * lensOf(this.camera, ...this.size, this.room()).scale);
  }

  /** Pixels beside the box, for what is written there. */
  room() {
    return this.size[0] < 460 ? 34 : 58;
  }

  names() {
    const { data } = this.model,
      [i, j] = this.plane.axes,
      shown = [data.variables[i], data.variables[j]];
    return [...shown, `f(${data.variables.length > 2 ? "…" : shown.join(", ")})`];
  }

  /** Colour the terrain, where what it is coloured by has changed. */
  wear(frame, theme) {
    const { show } = frame,
      basins = show.basins ? frame.basins : null;
    const now = [basins, frame.dark, show.heat, show.contours, basins && show.edges];
    if (this.worn && now.every((what, k) => what === this.worn[k])) return;
    this.worn = now;
    this.skin = makeSkin(this.terrain, frame, theme, this.texel());
    this.layer = null;
  }

  /** The picture of the terrain alone: a canvas, and the raster it was made of with its pixels for one of the page's. */
  terrainLayer(lens) {
    const [width, height] = this.size,
      most = this.turning ? this.pixels : AT_REST;
    const scale = Math.min(Math.sqrt(most / (width * height)), 2 * this.dense, this.turning ? this.dense : 4);
    const [w, h] = [Math.ceil(width * scale), Math.ceil(height * scale)];
    if (this.raster?.width !== w || this.raster.height !== h) {
      this.raster = makeRaster(w, h);
      this.paper = blankCanvas(w, h);
    }
    const began = performance.now();
    rasterize(this.raster, this.terrain, scaledLens(lens, w / width, h / height), this.skin);
    this.paper.getContext("2d").putImageData(this.raster.image, 0, 0);
    if (this.turning) this.pixels = pixelsAfter(this.pixels, performance.now() - began);
    return { canvas: this.paper, raster: this.raster, scale };
  }
}

/** How many pixels to draw next, after so many milliseconds for the last: fewer where that was slow. */
function pixelsAfter(pixels, took) {
  const factor = took > SLOWEST ? 0.7 : took < FASTEST ? 1.2 : 1;
  return Math.min(Math.max(pixels * factor, TURNING / 8), AT_REST / 2);
}

function scaledLens(lens, across, down) {
  return { ...lens, scale: lens.scale * across, middle: [lens.middle[0] * across, lens.middle[1] * down] };
}

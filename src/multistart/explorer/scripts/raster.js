/**
 * Triangles of a terrain as pixels, with a depth for each: drawn by arithmetic alone.
 *
 * WebGL is not everywhere (remote desktops, school machines without a driver), and this is one picture on all of them.
 * A depth for each pixel says what of a trail lies behind a hill.
 */

import { CELLS } from "./terrain.js";
import { onScreen } from "./camera.js";

/** An empty picture: pixels as RGBA words, and how near each is (0: nothing there). */
export function makeRaster(width, height) {
  const image = new ImageData(width, height);
  return { width, height, image, pixels: new Uint32Array(image.data.buffer), near: new Float32Array(width * height) };
}

/**
 * Draw a terrain, of which `skin` has the colours: a square of `size` texels from the low corner on, seen from above
 * (`upper`) and from below (`lower`), as RGBA words.
 */
export function rasterize(raster, terrain, lens, skin) {
  raster.pixels.fill(0);
  raster.near.fill(0);
  const corners = cornersOf(terrain, lens),
    n = CELLS + 1;
  for (let j = 0; j < CELLS; j++) {
    for (let i = 0; i < CELLS; i++) {
      const k = j * n + i;
      triangle(raster, corners, k, k + 1, k + n + 1, i, j, i + 1, j, i + 1, j + 1, skin);
      triangle(raster, corners, k, k + n + 1, k + n, i, j, i + 1, j + 1, i, j + 1, skin);
    }
  }
}

/** Whether a point so near is seen at a pixel, or a little below what is drawn there. */
export function isSeen(raster, across, down, near) {
  const x = Math.floor(across),
    y = Math.floor(down);
  if (!(x >= 0 && x < raster.width && y >= 0 && y < raster.height)) return true;
  return near * (1 + SLACK) >= raster.near[y * raster.width + x];
}
const SLACK = 0.006; // of the distance: what lies on the surface is not hidden by the slope it lies on

/** The corners of the grid on the picture: across, down, nearness, one after the other. */
function cornersOf(terrain, lens) {
  const n = CELLS + 1,
    found = new Float64Array(3 * n * n),
    point = [0, 0, 0];
  for (let j = 0, k = 0; j < n; j++) {
    for (let i = 0; i < n; i++, k++) {
      onScreen(lens, (2 * i) / CELLS - 1, (2 * j) / CELLS - 1, terrain.height[k], point);
      found[3 * k] = point[0];
      found[3 * k + 1] = point[1];
      found[3 * k + 2] = point[2];
    }
  }
  return found;
}

/** Fill a triangle of three corners (a, b, c) whose places in the grid are (ai, aj), ...: rows of pixels between its sides. */
function triangle(raster, corners, a, b, c, ai, aj, bi, bj, ci, cj, skin) {
  const ax = corners[3 * a],
    ay = corners[3 * a + 1],
    az = corners[3 * a + 2];
  const bx = corners[3 * b] - ax,
    by = corners[3 * b + 1] - ay,
    bz = corners[3 * b + 2] - az;
  const cx = corners[3 * c] - ax,
    cy = corners[3 * c + 1] - ay,
    cz = corners[3 * c + 2] - az;
  const area = bx * cy - by * cx;
  if (!(area !== 0)) return; // edge-on, or a corner of a hole
  const { width, height, pixels, near } = raster,
    size = skin.size,
    texel = size / CELLS,
    most = size - 1;
  const texels = area < 0 ? skin.upper : skin.lower; // rows go down
  const first = Math.max(Math.ceil(ay + Math.min(0, by, cy) - 0.5), 0);
  const last = Math.min(Math.floor(ay + Math.max(0, by, cy) - 0.5), height - 1);
  const ub = (bi - ai) * texel,
    vb = (bj - aj) * texel,
    uc = (ci - ai) * texel,
    vc = (cj - aj) * texel;
  const acrossB = cy / area,
    acrossC = -by / area,
    downB = -cx / area,
    downC = bx / area;
  const zx = bz * acrossB + cz * acrossC,
    ux = ub * acrossB + uc * acrossC,
    vx = vb * acrossB + vc * acrossC;
  for (let y = first; y <= last; y++) {
    const dy = y + 0.5 - ay;
    // Shares of b and c are downB dy + acrossB dx and so on; they and the rest are at least 0 inside.
    const b0 = downB * dy,
      c0 = downC * dy,
      a0 = 1 - b0 - c0,
      acrossA = -acrossB - acrossC;
    let low = -ax,
      high = width - ax;
    if (acrossB > 0) low = Math.max(low, -b0 / acrossB);
    else if (acrossB < 0) high = Math.min(high, -b0 / acrossB);
    if (acrossC > 0) low = Math.max(low, -c0 / acrossC);
    else if (acrossC < 0) high = Math.min(high, -c0 / acrossC);
    if (acrossA > 0) low = Math.max(low, -a0 / acrossA);
    else if (acrossA < 0) high = Math.min(high, -a0 / acrossA);
    const from = Math.max(Math.ceil(ax + low - 0.5), 0),
      to = Math.min(Math.floor(ax + high - 0.5), width - 1);
    const dx = from + 0.5 - ax;
    let z = az + bz * b0 + cz * c0 + zx * dx;
    let u = ai * texel + ub * b0 + uc * c0 + ux * dx,
      v = aj * texel + vb * b0 + vc * c0 + vx * dx;
    for (let k = y * width + from; k <= y * width + to; k++, z += zx, u += ux, v += vx) {
      if (z > near[k]) {
        near[k] = z;
        pixels[k] = texels[(v > most ? most : v | 0) * size + (u > most ? most : u | 0)];
      }
    }
  }
}

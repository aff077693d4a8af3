"""The surface that turns: where a point is on the picture, and what lies under a place of it, are inverse."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.javascript import run

SCRIPTS = "./explorer/scripts"
_VIEWS = f"""
import {{ lensOf, onScreen, rayThrough, turnedCamera, zoomedCamera, firstCamera }} from "{SCRIPTS}/camera.js";
import {{ firstHit, heightAt, inBox, inDomain, makeTerrain }} from "{SCRIPTS}/terrain.js";
"""
#: A bowl with a ripple, which hides nothing of itself from above, and a wall beyond which nothing is defined.
_TERRAIN = """
const domain = { low: [-3, 1], high: [5, 2] };
const ripples = (x, y) => x > 4 ? NaN : 0.1 * x * x + Math.sin(x + 3 * y);
const terrain = makeTerrain(domain, ripples, () => ({ low: -1, high: 2 }));
"""


def test_what_is_picked_is_what_was_projected() -> None:
    """From thirty sides a point on the surface and its ray meet, to 1e-9 of the box, where nothing is before it."""
    found: Any = run(
        _VIEWS
        + _TERRAIN
        + """
const off = [];
for (let k = 0; k < 30; k++) {
  const camera = zoomedCamera(turnedCamera(firstCamera(), 0.7 * k, 0.4 + 0.01 * k), 0.9 + 0.05 * k);
  const lens = lensOf(camera, 700, 400, 50);
  for (let i = 0; i < 20; i++) {
    const x = -0.97 + 0.08 * i, y = 0.9 * Math.cos(i * k), z = heightAt(terrain, x, y);
    const hit = firstHit(terrain, rayThrough(lens, ...onScreen(lens, x, y, z)));
    off.push(Math.max(Math.abs(hit[0] - x), Math.abs(hit[1] - y), Math.abs(hit[2] - z)));
  }
}
const flat = [inBox(domain, 0, 5), inDomain(domain, 1, 0), inDomain(domain, 0, inBox(domain, 0, 1.7))];
give({ off: Float64Array.from(off), flat });
"""
    )
    off = found["off"]
    assert np.quantile(off, 0.9) < 1e-9  # the others lie behind a crest
    assert np.abs(np.subtract(found["flat"], [1, 1.5, 1.7])).max() < 1e-15


def test_nothing_is_picked_beside_the_surface_and_in_its_holes() -> None:
    """A ray past the box and one through where the function is not finite hit nothing; one beside the hole does."""
    found: Any = run(
        _VIEWS
        + _TERRAIN
        + """
const lens = lensOf(turnedCamera(firstCamera(), 0, 2), 700, 400, 50);
const seen = (x, y, z) => firstHit(terrain, rayThrough(lens, ...onScreen(lens, x, y, z)));
give([seen(0, 3, 0), firstHit(terrain, rayThrough(lens, 2, 2)), seen(0.95, 0, 0.7), seen(0.6, 0, 0) !== null]);
"""
    )
    assert found == [None, None, None, True]


def test_a_point_of_the_surface_is_seen_unless_a_hill_is_before_it() -> None:
    """What `raster.js` draws says what is hidden: the crest of a wall is seen, the ground behind it is not."""
    found: Any = run(
        "globalThis.ImageData = class { constructor(w, h) { this.data = new Uint8ClampedArray(4 * w * h); } };"
        + _VIEWS
        + f'import {{ isSeen, makeRaster, rasterize }} from "{SCRIPTS}/raster.js";'
        + """
const wall = makeTerrain({ low: [-1, -1], high: [1, 1] }, (x, y) => Math.exp(-40 * y * y), () => ({ low: 0, high: 1 }));
const lens = lensOf({ azimuth: -Math.PI / 2, elevation: 0.3, zoom: 1 }, 300, 200, 10), raster = makeRaster(300, 200);
rasterize(raster, wall, lens, { size: 1, upper: new Uint32Array([7]), lower: new Uint32Array([9]) });
const seen = (x, y) => isSeen(raster, ...onScreen(lens, x, y, heightAt(wall, x, y) + 0.008));
const [across, down] = onScreen(lens, 0, -0.8, heightAt(wall, 0, -0.8));
const colour = raster.pixels[Math.floor(down) * 300 + Math.floor(across)];
give([seen(0, 0), seen(0.3, -0.8), seen(0, 0.5), seen(0.5, 0.4), colour, raster.pixels[0]]);
"""
    )
    assert found == [True, True, False, False, 7, 0]


def test_a_camera_keeps_its_limits_and_the_box_stays_on_the_picture() -> None:
    """However far it is turned, never from below; and at zoom 1 no corner of the box leaves the picture."""
    found: Any = run(
        _VIEWS
        + """
const far = turnedCamera(zoomedCamera(firstCamera(), 100), 40, -9), places = [];
for (let k = 0; k < 60; k++) {
  const lens = lensOf(turnedCamera(firstCamera(), k / 9, (k % 9) / 9 - 0.5), 390, 300 + 10 * k, 30);
  for (const x of [-1, 1]) for (const y of [-1, 1]) for (const z of [-0.725, 0.725]) {
    const [across, down] = onScreen(lens, x, y, z);
    places.push(Math.min(across, 390 - across, down, 300 + 10 * k - down));
  }
}
give([far.elevation > 0, far.zoom < 5, Math.abs(far.azimuth) <= Math.PI, Math.min(...places)]);
"""
    )
    assert found[:3] == [True, True, True]
    assert found[3] > 10


def test_heights_of_a_plane_are_the_planes_everywhere() -> None:
    """Triangles between corners of the grid leave a linear function as it is; beyond its ends it is cut off."""
    found: Any = run(
        _VIEWS
        + """
const plane = makeTerrain({ low: [0, 0], high: [1, 4] }, (x, y) => x - y / 2, () => ({ low: -2, high: 0.5 })), off = [];
for (let k = 0; k < 200; k++) {
  const [x, y] = [(k * 0.618) % 1, 4 * ((k * 0.414) % 1)];
  if (x - y / 2 > 0.49) continue;
  const part = (heightAt(plane, 2 * x - 1, y / 2 - 1) / 0.725 + 1) / 2;
  off.push(Math.abs(-2 + 2.5 * part - (x - y / 2)));
}
give([Math.max(...off), heightAt(plane, 1, -1), heightAt(plane, 1.01, 0)]);
"""
    )
    assert found[0] < 1e-12
    assert found[1] == 0.725
    assert np.isnan(found[2])

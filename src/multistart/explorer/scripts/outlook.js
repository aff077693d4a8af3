/** From where a surface is first looked at: so that as many of its minima as can be are seen at once. */

import { firstCamera, lensOf, onScreen, rayThrough } from "./camera.js";
import { firstHit, heightAt } from "./terrain.js";

const AZIMUTHS = [-127.5, -52.5, 52.5, 127.5]; // degrees, as in the study's pictures
const ELEVATIONS = [0.7, 0.9, 1.1]; // radians
const MOST_PLACES = 40;
const SEEN_WITHIN = 0.03; // of a half side: so near must be what lies under the place on the picture

/** The camera from which most of these places, `[x, y]` of the box, are seen; of equals MATLAB's side, and the lowest. */
export function outlookOn(terrain, places) {
  const some = places.slice(0, MOST_PLACES);
  const cameras = AZIMUTHS.flatMap((degrees) =>
    ELEVATIONS.map((elevation) => ({ ...firstCamera(), azimuth: (degrees * Math.PI) / 180, elevation })),
  );
  const seen = cameras.map((camera) => some.filter((place) => isInSight(terrain, camera, place)).length);
  return cameras[seen.indexOf(Math.max(...seen))];
}

/** Whether the line of sight to a place meets nothing before. */
function isInSight(terrain, camera, [x, y]) {
  const lens = lensOf(camera, 600, 500, 50);
  const hit = firstHit(terrain, rayThrough(lens, ...onScreen(lens, x, y, heightAt(terrain, x, y))));
  return hit !== null && Math.hypot(hit[0] - x, hit[1] - y) < SEEN_WITHIN;
}

/**
 * The eye that looks at a surface: a gentle perspective of a box around the origin, and its inverse.
 *
 * Box coordinates: the domain is [-1, 1] across and deep, heights are [-HALF_HEIGHT, HALF_HEIGHT]. Angles are radians;
 * the azimuth is the side the eye is on, counted from the first axis to the second.
 */

export const HALF_HEIGHT = 0.725; // as high, beside its sides, as the surface of the study's pictures
const DISTANCE = 7; // of the eye from the origin: far enough that straight lines look nearly parallel
const LOWEST_ELEVATION = 0.09; // never from below
const HIGHEST_ELEVATION = 1.5; // nearly from above
const FARTHEST_ZOOM = 0.8;
const NEAREST_ZOOM = 4;

/** Where an eye stands at first: MATLAB's side, and as high as in the study's pictures. */
export function firstCamera() {
  return { azimuth: (-127.5 * Math.PI) / 180, elevation: 0.7, zoom: 1 };
}

/** A camera turned by angles, within its limits; the azimuth goes round. */
export function turnedCamera(camera, around, up) {
  const azimuth = Math.atan2(Math.sin(camera.azimuth + around), Math.cos(camera.azimuth + around));
  return {
    ...camera,
    azimuth,
    elevation: Math.min(Math.max(camera.elevation + up, LOWEST_ELEVATION), HIGHEST_ELEVATION),
  };
}

/** A camera nearer by a factor, within its limits. */
export function zoomedCamera(camera, factor) {
  return { ...camera, zoom: Math.min(Math.max(camera.zoom * factor, FARTHEST_ZOOM), NEAREST_ZOOM) };
}

/**
 * What a camera makes of a picture of so many pixels, with room at its edges for what is written beside the box.
 * The box is as large at every azimuth, so that nothing pulses while it turns.
 */
export function lensOf(camera, width, height, room) {
  const { azimuth: a, elevation: e } = camera;
  const [above, below, beside] = reachOf(e);
  const scale = Math.max(Math.min((width / 2 - room) / beside, (height - 1.2 * room) / (above + below)), 1);
  return {
    right: [-Math.sin(a), Math.cos(a), 0],
    up: [-Math.sin(e) * Math.cos(a), -Math.sin(e) * Math.sin(a), Math.cos(e)],
    toEye: [Math.cos(e) * Math.cos(a), Math.cos(e) * Math.sin(a), Math.sin(e)],
    scale: scale * camera.zoom,
    middle: [width / 2, height / 2 + (scale * camera.zoom * (above - below)) / 2],
  };
}

/** How far a box with a corner towards the eye reaches above, below and beside its middle, in pixels at scale 1. */
function reachOf(elevation) {
  const deep = Math.SQRT2 * Math.cos(elevation),
    tilted = Math.SQRT2 * Math.sin(elevation);
  const high = HALF_HEIGHT * Math.sin(elevation),
    tall = HALF_HEIGHT * Math.cos(elevation);
  const above = ((tilted + tall) * DISTANCE) / (DISTANCE + deep - high);
  const below = ((tilted + tall) * DISTANCE) / (DISTANCE - deep + high);
  return [above, below, (Math.SQRT2 * DISTANCE) / (DISTANCE - high)];
}

/** A point of the box on the picture: pixels from the left, from above, and how near it is (1 at the origin). */
export function onScreen(lens, x, y, z, out = [0, 0, 0]) {
  const { right, up, toEye, scale, middle } = lens;
  const near = DISTANCE / (DISTANCE - (x * toEye[0] + y * toEye[1] + z * toEye[2]));
  out[0] = middle[0] + scale * near * (x * right[0] + y * right[1]);
  out[1] = middle[1] - scale * near * (x * up[0] + y * up[1] + z * up[2]);
  out[2] = near;
  return out;
}

/** The line of sight through a pixel: from the eye, along a direction that has passed the origin's plane at 1. */
export function rayThrough(lens, across, down) {
  const { right, up, toEye, scale, middle } = lens;
  const u = (across - middle[0]) / scale,
    v = (middle[1] - down) / scale;
  const from = toEye.map((c) => DISTANCE * c);
  return { from, along: from.map((c, j) => u * right[j] + v * up[j] - c) };
}

/** Marks of the picture, small, beside the words for them: a legend where they are spoken of. */

import { drawArrow, drawBall, drawCritical, drawDisc } from "./marks.js";
import { newElement } from "./slider.js";

const SAMPLE_SIDE = 20; // px
const SAMPLE_PIXELS = 3; // pixels of a px, so that samples are sharp at any zoom

const SAMPLES = {
  contours: (context) => strokeSample(context, [bowAt(6), bowAt(12)], 1.2, []),
  edges: (context) => strokeSample(context, [bowAt(9)], 2.4, []),
  minima: (context) => drawDisc(context, "0", SAMPLE_SIDE / 2, SAMPLE_SIDE / 2, 8, "bold 11px system-ui, sans-serif"),
  saddles: (context) => drawCritical(context, "saddle", SAMPLE_SIDE / 2, SAMPLE_SIDE / 2, 6),
  maxima: (context) => drawCritical(context, "maximum", SAMPLE_SIDE / 2, SAMPLE_SIDE / 2, 6.5),
  attraction: (context) => strokeSample(context, [circleAround], 1.8, [4, 3]),
  ends: (context) => strokeSample(context, [lineAt(5), lineAt(15)], 1.8, [4, 3]),
  velocity: (context) => drawArrow(context, 3, SAMPLE_SIDE - 3, SAMPLE_SIDE - 6.5, 6.5 - SAMPLE_SIDE, "#1F1F1F"),
};

/** A sample of what a check box shows, as a list of one; an empty one of what fills the picture. */
export function markSample(name, dimensions) {
  const draw = SAMPLES[dimensions === 1 && name === "attraction" ? "ends" : name];
  return draw ? [sampleOf(draw)] : [];
}

/** The swatch of a ball: its colour with its mark, as on the picture. */
export function ballSwatch(colour, mark) {
  return sampleOf((context) => drawBall(context, SAMPLE_SIDE / 2, SAMPLE_SIDE / 2, 7.5, colour, mark));
}

function sampleOf(draw) {
  const canvas = newElement("canvas", { width: SAMPLE_PIXELS * SAMPLE_SIDE, height: SAMPLE_PIXELS * SAMPLE_SIDE, className: "sample" });
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  context.scale(SAMPLE_PIXELS, SAMPLE_PIXELS);
  draw(context);
  return canvas;
}

/** Lines in dark within white, seen on light and dark paper. */
function strokeSample(context, paths, width, dash) {
  for (const [wide, ink, dashes] of [
    [width + 2, "#FFFFFF", []],
    [width, "#1F1F1F", dash],
  ]) {
    context.lineWidth = wide;
    context.strokeStyle = ink;
    context.setLineDash(dashes);
    for (const path of paths) {
      context.beginPath();
      path(context);
      context.stroke();
    }
  }
}

function bowAt(y) {
  return (context) => {
    context.moveTo(2, y + 3);
    context.quadraticCurveTo(SAMPLE_SIDE / 2, y - 4, SAMPLE_SIDE - 2, y + 1);
  };
}

function lineAt(x) {
  return (context) => {
    context.moveTo(x, 2);
    context.lineTo(x, SAMPLE_SIDE - 2);
  };
}

function circleAround(context) {
  context.arc(SAMPLE_SIDE / 2, SAMPLE_SIDE / 2, 7.5, 0, 2 * Math.PI);
}

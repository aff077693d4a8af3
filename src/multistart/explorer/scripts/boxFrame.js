/** The box around a surface: its floor and far walls with their grid, and axes with names and numbers. */

import { canvasFont, createScale, scaleTicks } from "./axes.js";
import { HALF_HEIGHT, onScreen } from "./camera.js";
import { heightOf, inBox } from "./terrain.js";

const TICK = 5; // pixels
const GAP = 4;

/** Draw floor, walls and axes; `names` are those of both variables and of the value. */
export function drawBox(context, lens, terrain, names, theme, { size, texts }) {
  const sides = sidesOf(lens),
    axes = axesOf(terrain, names, sides, lens, { size, texts });
  context.lineJoin = "round";
  for (const panel of panelsOf(sides)) fillPanel(context, lens, panel, theme);
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  for (const axis of axes)
    for (const part of axis.parts) for (const line of axis.grid(part)) strokeLine(context, lens, line);
  for (const axis of axes) drawAxis(context, lens, axis, theme, size);
}

/** Of each of the two horizontal axes the side that is nearer to the eye: -1 or 1. */
function sidesOf(lens) {
  return [0, 1].map((j) => (lens.toEye[j] >= 0 ? 1 : -1));
}

function panelsOf([x, y]) {
  const [low, high] = [-HALF_HEIGHT, HALF_HEIGHT];
  return [
    [
      [-1, -1, low],
      [1, -1, low],
      [1, 1, low],
      [-1, 1, low],
    ],
    [
      [-x, -1, low],
      [-x, 1, low],
      [-x, 1, high],
      [-x, -1, high],
    ],
    [
      [-1, -y, low],
      [1, -y, low],
      [1, -y, high],
      [-1, -y, high],
    ],
  ];
}

function fillPanel(context, lens, corners, theme) {
  context.beginPath();
  for (const corner of corners) context.lineTo(...onScreen(lens, ...corner).slice(0, 2));
  context.closePath();
  context.fillStyle = theme.panel ?? theme.unknown;
  context.fill();
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.stroke();
}

/**
 * The three axes, each a line of the box with its ticks: where a part (-1 to 1, or the height) of it lies, away from what
 * it is labelled, and which lines of the grid belong to it.
 */
function axesOf(terrain, names, [x, y], lens, { size, texts }) {
  const { domain, scale } = terrain,
    [low, high] = [-HALF_HEIGHT, HALF_HEIGHT];
  const few = size < 460 ? 4 : 6;
  const horizontal = (j) => {
    const { ticks, labels } = scaleTicks(createScale(domain.low[j], domain.high[j], -1, 1), few, texts);
    return { labels, parts: ticks.map((tick) => inBox(domain, j, tick)) };
  };
  const values = scaleTicks(createScale(scale.low, scale.high, low, high), few, texts);
  // The upright axis stands where the box ends to the left.
  const left = [
    [x, -y],
    [-x, y],
  ].sort((a, b) => onScreen(lens, ...a, 0)[0] - onScreen(lens, ...b, 0)[0])[0];
  const beside = left[0] === x ? [x, 0] : [0, y];
  return [
    {
      name: names[0],
      ...horizontal(0),
      middle: 0,
      ends: [-1, 1],
      at: (part) => [part, y, low],
      away: [0, y, 0],
      grid: (part) => [
        [
          [part, -1, low],
          [part, 1, low],
        ],
        [
          [part, -y, low],
          [part, -y, high],
        ],
      ],
    },
    {
      name: names[1],
      ...horizontal(1),
      middle: 0,
      ends: [-1, 1],
      at: (part) => [x, part, low],
      away: [x, 0, 0],
      grid: (part) => [
        [
          [-1, part, low],
          [1, part, low],
        ],
        [
          [-x, part, low],
          [-x, part, high],
        ],
      ],
    },
    {
      name: names[2],
      labels: values.labels,
      middle: 0,
      parts: values.ticks.map((tick) => heightOf(scale, tick)),
      ends: [low, high],
      upright: true,
      at: (part) => [...left, part],
      away: [...beside, 0],
      grid: (part) => [
        [
          [-x, -1, part],
          [-x, 1, part],
        ],
        [
          [-1, -y, part],
          [1, -y, part],
        ],
      ],
    },
  ];
}

function strokeLine(context, lens, line) {
  context.beginPath();
  for (const point of line) context.lineTo(...onScreen(lens, ...point).slice(0, 2));
  context.stroke();
}

/** An axis with ticks, numbers and its name, written away from the box. */
function drawAxis(context, lens, axis, theme, size) {
  const font = size < 460 ? 11 : 12.5;
  context.font = canvasFont(size, font);
  context.strokeStyle = theme.ink;
  context.fillStyle = theme.quiet;
  context.lineWidth = 1.2;
  context.textAlign = "center";
  context.textBaseline = "middle";
  strokeLine(context, lens, axis.ends.map(axis.at));
  let widest = 0;
  axis.parts.forEach((part, k) => {
    const [place, way] = outwards(lens, axis, part);
    context.beginPath();
    context.moveTo(...place);
    context.lineTo(place[0] + TICK * way[0], place[1] + TICK * way[1]);
    context.stroke();
    const reach = TICK + GAP + halfAlong(context, axis.labels[k], way, font);
    context.fillText(axis.labels[k], place[0] + reach * way[0], place[1] + reach * way[1]);
    widest = Math.max(widest, reach + halfAlong(context, axis.labels[k], way, font));
  });
  const [place, way] = outwards(lens, axis, axis.middle);
  context.fillStyle = theme.ink;
  context.font = canvasFont(size, font + 1, "600");
  writeName(context, axis, place, way, widest + GAP, font);
}

/** The name beside the numbers; that of the upright axis is turned. */
function writeName(context, axis, place, way, beyond, font) {
  if (!axis.upright) {
    const reach = beyond + halfAlong(context, axis.name, way, font);
    context.fillText(axis.name, place[0] + reach * way[0], place[1] + reach * way[1]);
    return;
  }
  context.save();
  context.translate(place[0] + (beyond + font / 2 + 2) * way[0], place[1] + (beyond + font / 2 + 2) * way[1]);
  context.rotate(-Math.PI / 2);
  context.fillText(axis.name, 0, 0);
  context.restore();
}

/** Where a part of an axis is on the picture, and the unit vector there that leads away from the box. */
function outwards(lens, axis, part) {
  const point = axis.at(part),
    place = onScreen(lens, ...point).slice(0, 2);
  if (axis.upright) return [place, [-1, 0]];
  const beyond = onScreen(lens, ...point.map((c, j) => c + 0.1 * axis.away[j]));
  const way = [beyond[0] - place[0], beyond[1] - place[1]],
    long = Math.hypot(...way) || 1;
  return [place, [way[0] / long, way[1] / long]];
}

/** How far half a text reaches along a direction. */
function halfAlong(context, text, way, font) {
  return (Math.abs(way[0]) * context.measureText(text).width) / 2 + (Math.abs(way[1]) * font) / 2;
}

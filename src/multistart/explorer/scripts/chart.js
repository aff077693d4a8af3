// The chart: the function's value and the gradient norm against the step, for all balls, up to where each is.

import { canvasFont, createScale, drawAxes, fitsCanvas, fittingTicks, sizedContext } from "./axes.js";
import { legibleColour, themeOf } from "./colours.js";
import { plainValue } from "./heat.js";
import { drawBall } from "./marks.js";
import { axisEnds, isLogarithmic, rangeOf, runSeries } from "./series.js";
import { createTrailLayer, placeAt } from "./trails.js";

const LONG = 200; // steps, from which on their axis is logarithmic
const BESIDE = 500; // px of width, from which on the two panels stand beside each other
const NAMED_BALLS = 6; // that a legend names
const MINIMA_SHOWN = 6; // whose values are lines
const BESIDE_FRAME = 28; // px at the right of a panel, for the numbers of minima

/** A chart on a canvas; `draw(frame)` draws it as far as the balls have come. */
export function createChart(canvas, model) {
  const chart = { canvas, model, value: plainValue(model), layout: null, key: null };
  return {
    draw: (frame) => drawChart(chart, frame),
    resize: () => {
      chart.layout = null;
    },
    destroy: () => {
      chart.layout = null;
    },
  };
}

function drawChart(chart, frame) {
  const { canvas } = chart;
  if (canvas.clientWidth < 60 || canvas.clientHeight < 60) return;
  if (!isLaidOut(chart, frame)) layOutChart(chart, frame);
  const { context, width, height, base, panels } = chart.layout;
  context.clearRect(0, 0, width, height);
  context.drawImage(base.canvas, 0, 0, width, height);
  for (const panel of panels) drawPanel(context, chart, panel, frame);
}

/** Whether the axes are those of these balls on this canvas. */
function isLaidOut(chart, frame) {
  const { canvas, layout, model } = chart;
  if (!fitsCanvas(layout, canvas) || layout.dark !== frame.dark || layout.language !== model.texts?.language)
    return false;
  const isSame = (ball, { run, name, colour }) => ball.run === run && ball.name === name && ball.colour === colour;
  return layout.balls.length === frame.balls.length && frame.balls.every((ball, b) => isSame(ball, layout.balls[b]));
}

function layOutChart(chart, frame) {
  const { canvas, model } = chart;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const ratio = globalThis.devicePixelRatio || 1;
  const context = sizedContext(canvas, width, height, ratio);
  const base = sizedContext(document.createElement("canvas"), width, height, ratio);
  const theme = themeOf(frame.dark);
  base.font = canvasFont(width);
  const top = drawLegend(base, frame, theme, width);
  const dimensions = model.data.variables.length;
  const series = frame.balls.map(({ run }) => runSeries(run, dimensions, chart.value));
  const balls = frame.balls.map(({ run, name, colour }) => ({ run, name, colour }));
  chart.layout = {
    width,
    height,
    ratio,
    dark: frame.dark,
    language: model.texts?.language,
    context,
    base,
    balls,
    panels: [],
  };
  const uprights = ["values", "norms"].map((what, k) =>
    uprightAxis(chart, what, panelPlace(width, height, top, k), series),
  );
  const room = Math.max(...uprights.map((up) => up.room));
  chart.layout.panels = uprights.map((up) => makePanel(chart, up, room, series, theme));
}

/** The upright axis of a panel, and how much room its numbers need. */
function uprightAxis(chart, what, place, series) {
  const { base } = chart.layout;
  const { texts, data } = chart.model;
  const range = rangeOf(series.map((one) => one[what]));
  const logarithmic =
    what === "norms"
      ? range.positive < Infinity
      : isLogarithmic(range, Math.min(...data.minima.map((one) => one.value)));
  const [low, high] = axisEnds(range, logarithmic);
  const scale = createScale(low, high, place.top + place.height, place.top, logarithmic ? "log" : "linear");
  const { ticks, labels } = fittingTicks(base, scale, texts, true);
  const room = 12 + Math.max(20, ...labels.map((label) => base.measureText(label).width));
  return { what, place, scale, ticks, labels, room, name: texts.t(what === "values" ? "chart.loss" : "chart.norm") };
}

/** One of two panels: its axes drawn once, and a layer for its lines. */
function makePanel(chart, up, room, series, theme) {
  const { base, width, height, ratio } = chart.layout;
  const { what, place, scale: y } = up;
  const rect = { ...place, left: place.left + room, width: place.width - room - BESIDE_FRAME, nameLeft: room - 2 };
  const x = stepScale(series, rect);
  const across = { scale: x, ...fittingTicks(base, x, chart.model.texts, false, true) };
  across.name = place.above ? "" : chart.model.texts.t("chart.step");
  if (place.above) across.labels = across.labels.map(() => "");
  drawAxes(base, rect, across, up, theme, base.font, true);
  if (what === "values") drawMinimaLines(chart, rect, y, theme);
  const layer = sizedContext(document.createElement("canvas"), width, height, ratio);
  const curves = series.map((one) => pixelCurve(one, what, x, y));
  return { rect, layer, curves, series, trails: createTrailLayer(layer, identity, 2, false) };
}

function identity(points, offset) {
  return [points[offset], points[offset + 1]];
}

/** Steps, linear while few: the first tells most, so that the axis of many is logarithmic. */
function stepScale(series, rect) {
  const last = Math.max(1, ...series.map(({ steps }) => steps[steps.length - 1] ?? 0));
  return createScale(0, last, rect.left, rect.left + rect.width, last > LONG ? "steps" : "linear");
}

/** A curve in px as a run of its own; where its axis is logarithmic zero lies on the lowest line. */
function pixelCurve(series, what, x, y) {
  const points = new Float64Array(2 * series.steps.length);
  series.steps.forEach((step, k) => {
    const value = series[what][k];
    points[2 * k] = x.at(step);
    points[2 * k + 1] = y.kind === "log" ? y.at(Math.max(value, y.low)) : y.at(value);
  });
  return { points };
}

/** Where a panel's rectangle stands: beside the other on a wide canvas, else above it, where the lower has the steps. */
function panelPlace(width, height, top, k) {
  const [head, foot, gap] = [24, 38, 18];
  if (width >= BESIDE) {
    const wide = (width - gap) / 2;
    const from = k * (wide + gap);
    return { left: from, top: top + head, width: wide, height: height - top - head - foot, below: height - 2 };
  }
  const tall = (height - top - 2 * head - foot - 8) / 2;
  const from = top + head + k * (tall + 8 + head);
  return { left: 0, top: from, width, height: tall, below: from + tall + foot - 4, above: k === 0 };
}

function drawPanel(context, chart, panel, frame) {
  const { rect, layer, curves, series, trails } = panel;
  const { width, height } = chart.layout;
  const lines = frame.balls.map((ball, b) => ({
    run: curves[b],
    at: ball.at / series[b].stride,
    colour: legibleColour(ball.colour, frame.dark),
  }));
  const { paper } = themeOf(frame.dark);
  trails.draw(lines, paper, paper);
  context.save();
  context.beginPath();
  context.rect(rect.left, rect.top - 4, rect.width + 8, rect.height + 8);
  context.clip();
  context.drawImage(layer.canvas, 0, 0, width, height);
  context.restore();
  const radius = frame.balls.length > NAMED_BALLS ? 2.5 : 5.5;
  lines.forEach((line, b) => {
    const [x, y] = placeAt(line.run, 2, identity, line.at);
    const ball = frame.balls[b];
    if (Number.isFinite(x + y)) drawBall(context, x, y, radius, ball.colour, radius > 3 ? ball.mark : "none", false);
  });
}

/** Thin lines at the values of minima, with their numbers beside the frame, where they are apart. */
function drawMinimaLines(chart, rect, y, theme) {
  const { base } = chart.layout;
  const { minima } = chart.model.data;
  let last = Infinity;
  base.save();
  base.textAlign = "left";
  base.textBaseline = "middle";
  base.fillStyle = theme.ink;
  base.strokeStyle = theme.quiet;
  base.setLineDash([3, 3]);
  for (const { value, number } of minima.slice(0, MINIMA_SHOWN)) {
    const py = y.at(value);
    if (!(value >= y.low && value <= y.high && last - py >= 13)) continue;
    last = py;
    base.globalAlpha = 0.8;
    base.beginPath();
    base.moveTo(rect.left, py);
    base.lineTo(rect.left + rect.width, py);
    base.stroke();
    base.globalAlpha = 1;
    base.fillText(String(number), rect.left + rect.width + 9, py + 0.5);
  }
  base.restore();
}

/** The names of several balls above the panels, in as many lines as it takes; returns how high that is. */
function drawLegend(context, frame, theme, width) {
  if (frame.balls.length < 2 || frame.balls.length > NAMED_BALLS) return 0;
  let [x, y] = [8, 12];
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const { name, colour, mark } of frame.balls) {
    const wide = 20 + context.measureText(name).width;
    if (x > 8 && x + wide > width) [x, y] = [8, y + 20];
    drawBall(context, x + 4, y, 6, colour, mark, false);
    context.textAlign = "left";
    context.fillStyle = theme.ink;
    context.fillText(name, x + 16, y + 0.5);
    x += wide + 14;
  }
  return y + 10;
}

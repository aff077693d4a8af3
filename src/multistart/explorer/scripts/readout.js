/** How far the balls are, in words beside the picture. */

import { byId } from "./page.js";
import { heightWords } from "./words.js";

/** Say how far they are, and let the button play or pause. */
export function showProgress(model, state, balls, playback) {
  byId("play").textContent = model.texts.t(playback.playing ? "pause" : "play");
  if (state.shower) showShower(model, balls, playback);
  else showBall(model, balls.find((ball) => ball.start === state.start) ?? balls[0], playback, balls.length > 1);
}

/** Where a ball is: step, place, value, gradient norm; its name is said where there are several. */
function showBall({ texts, data, value }, ball, playback, named) {
  const step = Math.min(ball.run.steps, Math.floor(playback.at));
  const dimensions = data.variables.length;
  const point = ball.run.points.subarray(step * dimensions, (step + 1) * dimensions);
  const height = value(point);
  byId("readout").textContent = texts.t(named ? "readout.several" : "readout", {
    name: ball.name,
    step: texts.whole(step),
    place: texts.place(point, data.variables, data.domain),
    value: heightWords(texts, data, height),
    norm: texts.number(Number.isNaN(height) ? NaN : ball.run.norms[step], 3),
  });
}

/** How far a shower is: its step, and how many of its balls have ended. */
function showShower({ texts }, balls, playback) {
  const ended = balls.filter(({ run }) => run.steps <= playback.at).length;
  const step = texts.whole(Math.floor(playback.at));
  byId("readout").textContent = texts.counted("readout.shower", balls.length, { step, ended: texts.whole(ended) });
}

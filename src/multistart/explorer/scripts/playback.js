/** The clock of the balls: how many updates are shown, in parts of one, as time goes on. */

const KEPT = 1200; // frame times, twenty seconds of them
const LONGEST_FRAME = 100; // milliseconds that a frame counts at most, as after the page was hidden

/**
 * A clock that `play`, `pause`, `step` and `rewind` move; `at` is the number of updates shown, `length` where it stops.
 *
 * `onFrame()` is called whenever something is to be drawn, `onEnd()` once the length is reached. With `still()` true
 * (reduced motion) playing shows the end at once.
 */
export class Playback {
  constructor({ onFrame, onEnd, still, frameTimes }) {
    Object.assign(this, { onFrame, onEnd, still, frameTimes });
    this.at = 0;
    this.length = 0;
    this.speed = 60;
    this.playing = false;
    this.before = null;
    this.turn = 0;
  }

  /** Stand at the beginning, or elsewhere, of balls of so many updates. */
  load(length, at = 0) {
    this.playing = false;
    this.at = at;
    this.length = length;
  }

  play() {
    if (this.at >= this.length) this.at = 0;
    if (this.still()) return this.finish();
    if (this.playing) return undefined;
    this.playing = true;
    this.before = null;
    this.turn += 1; // a frame that an earlier turn asked for is not this one's
    return this.next(this.turn);
  }

  next(turn) {
    requestAnimationFrame((time) => {
      if (this.playing && this.turn === turn) this.advance(time, turn);
    });
  }

  pause() {
    this.playing = false;
    this.onFrame();
  }

  /** One update, to a whole number of them. */
  step() {
    this.playing = false;
    this.move(Math.min(this.length, Math.floor(this.at + 1e-9) + 1));
  }

  rewind() {
    this.playing = false;
    this.move(0);
  }

  /** Show the end at once. */
  finish() {
    this.move(this.length);
  }

  move(at) {
    this.at = at;
    this.onFrame();
    if (at >= this.length) this.end();
  }

  end() {
    this.playing = false;
    this.onEnd();
    this.onFrame();
  }

  advance(time, turn) {
    if (this.before !== null) {
      const passed = time - this.before;
      this.frameTimes.push(passed);
      if (this.frameTimes.length > KEPT) this.frameTimes.shift();
      this.at = Math.min(this.length, this.at + (Math.min(passed, LONGEST_FRAME) / 1000) * this.speed);
    }
    this.before = time;
    this.onFrame();
    if (this.at >= this.length) this.end();
    else this.next(turn);
  }
}

/** The page as one thing: its state, and what each control does to it. */

import { Address } from "./address.js";
import { Beneath } from "./beneath.js";
import { createChart } from "./chart.js";
import { furtherMethod, showMethods } from "./controls.js";
import { byId, describeChart, labelPage, say, showBoxes, showChoices, showEndings } from "./page.js";
import { createModel, readJson } from "./model.js";
import { Playback } from "./playback.js";
import { domainWidths, drawnAxes, heldMinima } from "./problem.js";
import { showProgress } from "./readout.js";
import { keepHeadHeight, makeRoomFor, measureHead } from "./room.js";
import { Stage } from "./stage.js";
import { MOST_STARTS, SPEEDS, THEMES, viewsOf } from "./state.js";
import { showMinima } from "./table.js";
import { Teacher } from "./teacher.js";
import { createTexts } from "./texts.js";
import { ballSentence, longestOf, rollingBalls, sayShower } from "./troupe.js";
import { listenToPage, pictureActions, thereIs } from "./wiring.js";
import { BRIEFLY, heightWords } from "./words.js";

/** Everything of the page; `state`, `frameTimes` and `runs` are for tests and for the curious. */
export class Explorer {
  constructor(objective, rules, basinsAtRate = null) {
    this.basinsAtRate = basinsAtRate;
    this.frameTimes = [];
    this.tables = readJson("texts");
    this.languages = Object.keys(this.tables);
    this.model = createModel(readJson("data"), objective, rules, this.tables);
    this.address = new Address(this.model, this.languages);
    this.open();
    this.playback = new Playback({
      frameTimes: this.frameTimes,
      still: () => this.model.reducedMotion,
      onFrame: () => this.draw(),
      onEnd: () => this.sayEndings(),
    });
    this.stage = new Stage(this.model, pictureActions(this));
    this.chart = createChart(byId("chart"), this.model);
    this.beneath = new Beneath(
      this.model,
      (method, onProgress) => this.compute(method, onProgress),
      () => this.changed(),
    );
    this.teacher = new Teacher(this.model, (preset) => this.takeCase(preset));
    listenToPage(this, pictureActions(this));
    keepHeadHeight();
    byId("basins-at-rate").hidden = !basinsAtRate;
    this.beneath.unpack().finally(() => this.begin()); // the ground is drawn once, with its basins
    setTimeout(() => this.teacher.look(), 300);
  }

  get runs() {
    return this.balls.map((ball) => ball.run);
  }

  /** The case of the address: state, language, and what was wrong with it. */
  open() {
    this.state = this.address.read(this.state ?? this.address.first);
    this.model.texts = createTexts(this.tables, this.state.language);
  }

  /** The case of another address, as when a link is pasted while the page is open. */
  reopen() {
    if (!this.address.isOther()) return;
    this.open();
    this.begin();
  }

  begin() {
    this.showAll();
    this.drop();
    say(this.address.problems.map(([key, values]) => this.model.texts.t(key, values)).join(" "));
  }

  /** Everything in the page that depends on language, methods or view. */
  showAll() {
    const { model, state } = this;
    const { t } = model.texts;
    const languages = this.languages.map((id) => [id, this.tables[id]["language.name"]]);
    const themes = THEMES.map((id) => [id, t(`theme.${id}`)]);
    showChoices(byId("language"), languages, state.language);
    showChoices(byId("theme"), themes, state.theme);
    for (const button of document.querySelectorAll("[data-view]")) {
      button.hidden = !viewsOf(model.data).includes(button.dataset.view);
    }
    if (this.stage.name !== state.view) this.stage.show(state.view);
    labelPage(model, state.view);
    measureHead();
    showBoxes(model, state, thereIs(model), () => this.changed());
    this.teacher.show();
    this.setSpeed(state.speed);
    this.showMethods();
  }

  showMethods() {
    showMethods(byId("methods"), this.model, this.state, {
      onDrag: () => this.preview(),
      onChange: () => {
        this.teacher.forget();
        this.sayOfMethods();
        this.drop();
      },
      onList: (focus) => {
        this.teacher.forget();
        this.showMethods();
        this.drop();
        document.querySelector(focus)?.focus();
      },
      onSay: say,
    });
    this.sayOfMethods();
  }

  /** What is said of the first method's numbers. */
  sayOfMethods() {
    showMinima(byId("minima"), this.model, this.state.methods[0]);
  }

  addMethod() {
    this.state.methods.push(furtherMethod(this.model.data, this.state.methods));
    this.teacher.forget();
    this.showMethods();
    this.drop();
    byId(`method-${this.state.methods.length - 1}`).focus();
  }

  /** Let the balls roll from the start, with the study's own arithmetic. */
  drop() {
    this.balls = rollingBalls(this.model, this.state);
    this.exact = true;
    makeRoomFor(this.state.shower ? 1 : this.balls.length);
    this.playback.load(longestOf(this.balls));
    showEndings([]);
    describeChart(this.model, []);
    say("");
    this.changed();
    this.playback.play();
  }

  /** Whole paths at once, with plain arithmetic: what is redrawn while something is dragged. */
  preview() {
    this.balls = rollingBalls(this.model, this.state, false);
    this.exact = false;
    const longest = longestOf(this.balls);
    this.playback.load(longest, longest);
    showEndings([]);
    this.changed();
  }

  /** One ball for each method and start, or a shower. */
  dropAs(shower) {
    this.state.shower = shower;
    this.drop();
  }

  /** Another start; what was dropped before stays where earlier balls are kept. */
  place(point) {
    const { start, others, shower } = this.state;
    const dropped = this.exact && !shower ? [start, ...others].slice(0, MOST_STARTS - 1) : others;
    Object.assign(this.state, { start: point, others: byId("keep").checked ? dropped : [], shower: false });
    this.teacher.forget();
  }

  /** Earlier balls are kept from now on, or no longer. */
  keepBalls() {
    if (byId("keep").checked || !this.state.others.length) return;
    this.state.others = [];
    this.drop();
  }

  moveTo(point) {
    this.place(point);
    this.preview();
  }

  /** The start moved by parts of the domain's widths, within the domain. */
  moved(dx, dy) {
    const { data } = this.model;
    const point = [...this.state.start];
    const widths = domainWidths(data);
    drawnAxes(data)
      .slice(0, 2)
      .forEach((axis, k) => {
        const moved = point[axis] + [dx, dy][k] * widths[axis];
        point[axis] = Math.min(data.domain.high[axis], Math.max(data.domain.low[axis], moved));
      });
    return point;
  }

  sayStart() {
    const { texts, data } = this.model;
    const { start } = this.state;
    const value = this.model.value(start);
    const said = { place: texts.place(start, data.variables, data.domain), value: heightWords(texts, data, value) };
    say(Number.isFinite(value) ? texts.t("status.start", said) : texts.t("status.undefined", said));
  }

  togglePlaying() {
    if (this.playback.playing) this.playback.pause();
    else if (!this.exact) this.drop();
    else {
      if (this.playback.at >= this.playback.length) showEndings([]);
      this.playback.play();
    }
  }

  step() {
    if (!this.exact || this.playback.at >= this.playback.length) this.reset();
    this.playback.step();
  }

  reset() {
    if (!this.exact) this.drop();
    showEndings([]);
    this.playback.rewind();
  }

  setSpeed(speed) {
    const { texts } = this.model;
    this.state.speed = Number(Math.min(SPEEDS.high, Math.max(SPEEDS.low, speed)).toPrecision(2));
    this.playback.speed = this.state.speed;
    byId("speed").value = Math.log10(this.state.speed);
    const said = texts.counted("speed.number", Math.round(this.state.speed));
    byId("speed-number").textContent = said;
    byId("speed").setAttribute("aria-valuetext", said);
    this.address.keepSoon(this.state);
  }

  /** A preset's speed, or the usual one again, unless another was set by hand. */
  setPace(speed) {
    const usual = this.address.first.speed;
    if (![usual, this.pace].includes(this.state.speed)) return;
    this.pace = speed ?? usual;
    this.setSpeed(this.pace);
  }

  setView(view) {
    this.state.view = view;
    this.showAll();
    this.changed();
  }

  nextView() {
    const views = viewsOf(this.model.data);
    this.setView(views[(views.indexOf(this.state.view) + 1) % views.length]);
  }

  setTheme(theme) {
    this.state.theme = theme;
    this.changed();
  }

  setLanguage(language) {
    this.state.language = language;
    this.model.texts = createTexts(this.tables, language);
    this.showAll();
    this.balls = rollingBalls(this.model, this.state, this.exact);
    showEndings([]);
    if (this.exact && this.playback.at >= this.playback.length) this.sayEndings();
    this.changed();
  }

  /** Start, methods and words of a preset. */
  takeCase({ methods, start, others, speed }) {
    Object.assign(this.state, structuredClone({ methods, start, others }), { shower: false });
    this.setPace(speed);
    this.showMethods();
    this.drop();
  }

  compute(method, onProgress) {
    return this.basinsAtRate({ model: this.model, method, onProgress });
  }

  /** What became of the balls that have come to their ends. */
  sayEndings() {
    const ended = this.endings();
    showEndings(ended);
    const said = ended.map(({ sentence }) => sentence);
    describeChart(this.model, said);
  }

  endings() {
    if (this.state.shower) return [{ sentence: sayShower(this.model, this.balls) }];
    const ended = this.balls.filter(({ run }) => run.steps <= this.playback.at);
    const brief = this.balls.length >= BRIEFLY;
    if (brief) ended.sort((one, other) => one.run.steps - other.run.steps); // a race: the first first
    return ended.map((ball) => ({ ...ball, sentence: ballSentence(this.model, ball, brief) }));
  }

  /** Something is other than it was: draw it, and say it in the address. */
  changed() {
    document.documentElement.dataset.theme = this.isDark() ? "dark" : "light";
    this.held = heldMinima(this.model, this.state.methods);
    this.beneath.describe(this.state.methods[0], this.held);
    this.draw();
    this.address.keepSoon(this.state);
  }

  isDark() {
    const { theme } = this.state;
    return theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  }

  draw() {
    if (!this.balls) return;
    const { playback, state, model } = this;
    state.playing = playback.playing;
    const balls = this.balls.map((ball) => ({
      ...ball,
      velocity: ball.velocity && state.show.velocity,
      at: Math.min(playback.at, ball.run.steps),
    }));
    const basins = this.beneath.of(state.methods[0]);
    const frame = {
      balls,
      start: state.shower ? null : state.start,
      basins,
      held: this.held,
      show: state.show,
      dark: this.isDark(),
    };
    this.stage.draw(frame);
    this.chart.draw(frame);
    showProgress(model, state, this.balls, playback);
    if (playback.playing && this.balls.length > 1 && !state.shower) this.sayEndings();
  }
}

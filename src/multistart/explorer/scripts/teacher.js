/** The row of presets: cases that are looked for once the page stands, and what each one shows, in words. */

import { byId } from "./page.js";
import { findPresets } from "./presets.js";
import { newElement } from "./slider.js";
import { affordable, runBall } from "./troupe.js";

/** Offers presets; `take(preset)` sets its methods and starts. */
export class Teacher {
  constructor(model, take) {
    Object.assign(this, { model, take });
    this.presets = [];
    this.chosen = null;
  }

  /** Look for the presets of this function. */
  look() {
    this.presets = findPresets(this.model, createLab(this.model));
    this.show();
  }

  /** The buttons, and the words of the chosen one. */
  show() {
    const { t } = this.model.texts;
    byId("presets-card").hidden = this.presets.length === 0;
    byId("presets").replaceChildren(
      ...this.presets.map((preset) => {
        const button = newElement("button", { type: "button", textContent: t(`preset.${preset.name}`) });
        button.dataset.preset = preset.name;
        button.setAttribute("aria-pressed", String(preset === this.chosen));
        button.addEventListener("click", () => this.choose(preset));
        return button;
      }),
    );
    this.say();
  }

  choose(preset) {
    this.chosen = preset;
    this.take(preset);
    this.mark();
  }

  /** The case is no longer the preset's. */
  forget() {
    if (!this.chosen) return;
    this.chosen = null;
    this.mark();
  }

  mark() {
    for (const button of byId("presets").children)
      button.setAttribute("aria-pressed", String(button.dataset.preset === this.chosen?.name));
    this.say();
  }

  say() {
    byId("lesson").textContent = this.chosen ? this.lesson(this.chosen.says) : "";
  }

  lesson([key, values]) {
    const { texts } = this.model;
    const said = Object.entries(values).map(([name, value]) => [name, name === "count" ? value : texts.number(value)]);
    return texts.t(key, { ...Object.fromEntries(said) });
  }
}

/** Descents for the search: plain ones, as many as do not keep the page waiting, and a check by an exact one. */
function createLab(model) {
  const run = (method, start) => {
    const { run: descent, basin } = runBall(model, method, start, false);
    return Object.assign(descent, { basin });
  };
  const agrees = (method, start) => {
    const [plain, exact] = [false, true].map((precise) => runBall(model, method, start, precise));
    return (
      plain.run.ending === exact.run.ending && plain.basin === exact.basin && plain.run.period === exact.run.period
    );
  };
  return { run, basin: (descent) => descent.basin, agrees, starts: affordable(model, Infinity) };
}

/** The basins beneath the ball: the study's where the method is the study's, those computed here where asked for. */

import { basinsOf, methodKey, unpackBasins } from "./basins.js";
import { byId, say, showLegend } from "./page.js";
import { ruleOf } from "./problem.js";
import { capital, ruleTitle } from "./words.js";

/** Knows which basins belong to a method; `compute(method, onProgress)` returns `{promise, cancel}`. */
export class Beneath {
  constructor(model, compute, onChange) {
    Object.assign(this, { model, compute, onChange });
    this.studied = [];
    this.held = [];
    this.computed = new Map();
    this.running = null;
    byId("basins-at-rate").addEventListener("click", () => this.toggle());
  }

  /** Unpack the study's basins, which takes a moment. */
  async unpack() {
    this.studied = await unpackBasins(this.model.data.basins);
  }

  /** The basins of a method, or null where they are not known. */
  of(method) {
    return this.computed.get(methodKey(method)) ?? basinsOf(this.model.data, this.studied, method) ?? null;
  }

  /** Say whose basins and attraction balls are shown, `held` by these minima, and what the basins' colours are. */
  describe(method, held = this.held) {
    Object.assign(this, { method, held });
    const { texts, data } = this.model;
    const basins = this.of(method);
    const computed = this.computed.has(methodKey(method));
    const name = ruleTitle(texts, ruleOf(data, method));
    const values = basins ? { method: name, n: texts.whole(basins.columns * basins.rows) } : {};
    const said = [texts.t(basins ? `basins.${computed ? "now" : "study"}` : "basins.other", values)];
    if (data.minima.some(({ ball }) => ball)) said.push(texts.t(held.length ? "balls.held" : "balls.none"));
    byId("beneath").textContent = said.join(" ");
    byId("basins-at-rate").textContent = texts.t(this.running ? "basins.cancel" : "basins.compute");
    showLegend(this.model, basins);
  }

  toggle() {
    if (this.running) this.running.cancel();
    else this.start(structuredClone(this.method));
  }

  async start(method) {
    const progress = byId("progress");
    progress.value = 0;
    progress.hidden = false;
    this.running = this.compute(method, (part) => {
      progress.value = part;
    });
    this.describe(this.method);
    const said = await this.settled(method);
    this.running = null;
    progress.hidden = true;
    this.describe(this.method);
    say(said);
    this.onChange();
  }

  /** Wait for the basins, keep them, and return what is to be said. */
  async settled(method) {
    const { t } = this.model.texts;
    try {
      const basins = await this.running.promise;
      if (basins) this.computed.set(methodKey(method), basins);
      return t(basins ? "basins.done" : "basins.cancelled");
    } catch (error) {
      return error.name === "AbortError" ? t("basins.cancelled") : t("basins.failed", { why: capital(error.message) });
    }
  }
}

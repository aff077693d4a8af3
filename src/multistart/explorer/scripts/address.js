/** The address as the page's memory: the case that it opens with, kept in step with what is changed. */

import { keepFragment } from "./share.js";
import { firstState, readFragment, writeFragment } from "./state.js";
import { firstStart } from "./troupe.js";

const KEPT_AFTER = 250; // milliseconds after which what changed stands in the address

/** `first` is the state of an address that says nothing; `problems` what was wrong with the last one read. */
export class Address {
  constructor(model, languages) {
    Object.assign(this, { data: model.data, languages, problems: [] });
    this.first = firstState(model.data, model.data.domain.low, languages);
    this.first.start = firstStart(model, this.first.methods[0]);
  }

  /** The state of the address; language and colours that it does not name stay as they are. */
  read({ language, theme }) {
    const before = { ...structuredClone(this.first), language, theme };
    const { state, problems } = readFragment(location.hash, before, this.data, this.languages);
    this.problems = problems;
    return state;
  }

  /** Whether the address is another case than the one kept there. */
  isOther() {
    return location.hash.includes("=") && location.hash !== this.written;
  }

  keepSoon(state) {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keep(state), KEPT_AFTER);
  }

  keep(state) {
    clearTimeout(this.keeping);
    this.written = writeFragment(state, this.data, this.first);
    keepFragment(this.written);
  }
}

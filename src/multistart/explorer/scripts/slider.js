/**
 * A number as a slider with a label, a field to type it in, and ticks; rates are logarithmic, in powers of ten.
 *
 * `given` has `{id, name, label, typedLabel, low, high, log, whole, value, unit, mark}`, `mark` being the decimal sign.
 * `onDrag(value)` is called while the slider moves, `onChange(value)` when it is let go or a number is typed,
 * `onBad(typed, value)` for what is no number in its range.
 */
export function createSlider(given, { onDrag, onChange, onBad }) {
  const range = newElement("input", { type: "range", id: given.id, step: "any" });
  const field = newElement("input", { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false });
  range.dataset.name = given.name;
  range.min = given.log ? Math.log10(given.low) : given.low;
  range.max = given.log ? Math.log10(given.high) : given.high;
  field.dataset.number = given.name;
  field.setAttribute("aria-label", given.typedLabel);
  let value = given.value;
  const show = (next) => {
    value = next;
    range.value = String(given.log ? Math.log10(next) : next);
    showNumber();
  };
  const showNumber = () => {
    field.value = String(value).replace(".", given.mark);
    range.setAttribute("aria-valuetext", `${field.value}${given.unit ? ` ${given.unit}` : ""}`);
  };
  const take = (act) => () => {
    value = roundedNumber(given.log ? 10 ** Number(range.value) : Number(range.value), given);
    showNumber();
    act(value);
  };
  range.addEventListener("input", take(onDrag));
  range.addEventListener("change", take(onChange));
  field.addEventListener("change", () => {
    const typed = Number(field.value.trim().replace(",", "."));
    const good =
      !(given.whole && !Number.isInteger(typed)) &&
      field.value.trim() !== "" &&
      typed >= given.low &&
      typed <= given.high;
    if (good) show(typed);
    else onBad(field.value, value);
    showNumber();
    if (good) onChange(value);
  });
  show(value);
  return { element: sliderElement(given, range, field), show, ticks: (marks) => showTicks(range, given, marks) };
}

/** Where a value stands on a slider, from 0 to 1. */
export function sliderPart(value, { low, high, log }) {
  const scaled = log ? Math.log10 : (x) => x;
  return (scaled(value) - scaled(low)) / (scaled(high) - scaled(low));
}

/** A number to three digits, as a slider gives it: 0.0662, not 0.06623917. */
export function roundedNumber(value, { low, high, log, whole }) {
  if (whole) return Math.round(value);
  if (log) return Math.min(high, Math.max(low, Number(value.toPrecision(3))));
  const digits = Math.max(0, 3 - Math.ceil(Math.log10(high - low)));
  return Math.min(high, Math.max(low, Number(value.toFixed(digits))));
}

/** An element with properties set, and children. */
export function newElement(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function sliderElement(given, range, field) {
  const label = newElement("label", { htmlFor: given.id, textContent: given.label });
  const unit = newElement("span", { className: "unit", textContent: given.unit ?? "" });
  const track = newElement("div", { className: "track" }, range, newElement("div", { className: "ticks" }));
  track.lastChild.setAttribute("aria-hidden", "true");
  return newElement(
    "div",
    { className: "slider" },
    label,
    track,
    newElement("span", { className: "typed" }, field, unit),
  );
}

/** Ticks `[{value, colour, text}]` under a slider; those that nearly coincide share their place. */
function showTicks(range, given, marks) {
  const within = marks.filter(({ value }) => value >= given.low && value <= given.high);
  const ticks = within.map(({ value, colour, text }) => {
    const tick = newElement("span", { className: "tick", title: text });
    tick.style.left = `${100 * sliderPart(value, given)}%`;
    tick.style.backgroundColor = colour;
    return tick;
  });
  range.nextElementSibling.replaceChildren(...ticks);
}

/**
 * What the page says, in one language: sentences by key, numbers as that language writes them.
 *
 * A text is a string with `{names}`, or one string for each plural category of the language. A further language is one
 * more file beside `texts/en.json` with the same keys.
 */

/** The texts of a language, with English for what it lacks; `tables` holds a table of texts for each language. */
export function createTexts(tables, language) {
  const spoken = tables[language] ? language : "en";
  const plurals = new Intl.PluralRules(spoken);
  const find = (key) => tables[spoken][key] ?? tables.en[key];
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));
  const t = (key, values = {}) => {
    const text = find(key);
    if (text === undefined) return key;
    if (typeof text === "string") return filled(text, values);
    const form = text[plurals.select(values.count ?? 1)] ?? text.other;
    return filled(form, { n: whole(values.count, spoken), ...values });
  };
  return {
    language: spoken,
    t,
    has: (key) => find(key) !== undefined,
    /** "1 step", "212 steps": the text of a key for a whole number. */
    counted: (key, count, values = {}) => t(key, { count, ...values }),
    number: (value, digits = 4) => spelled(value, spoken, digits),
    whole: (value) => whole(value, spoken),
    mark: (0.5).toLocaleString(spoken).charAt(1),
    place: (point, names, domain) => spelledPlace(point, names, domain, spoken),
    listed: (said) => joinedWords(said, t),
  };
}

/** A number as a person reads it, to so many significant digits; very large and very small ones as powers of ten. */
export function spelled(value, language, digits = 4) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return asPower(value, language, digits);
  return inWords(value, language, { maximumSignificantDigits: digits });
}

/** A whole number with its thousands marked. */
export function whole(value, language) {
  return inWords(value, language, { maximumFractionDigits: 0 });
}

/** Nearly zero, measured by the size of what it is compared with, said as zero: no f = 2.7e-77. */
export function settled(value, scale) {
  return Math.abs(value) < 1e-9 * scale ? 0 : value;
}

/** "x = 0.228, y = -1.63"; more than four coordinates as a list in brackets, the first ones alone. */
function spelledPlace(point, names, { low, high }, language) {
  const coordinates = Array.from(point, (x, i) =>
    spelled(settled(x, high[i] - low[i]), language, digitsOfPlace(low[i], high[i])),
  );
  const between = language === "vi" ? "; " : ", ";
  if (coordinates.length <= 4) return coordinates.map((x, i) => `${names[i]} = ${x}`).join(between);
  return `(${coordinates.slice(0, 6).join(between)}${coordinates.length > 6 ? `${between}…` : ""})`;
}

/** How many digits of a coordinate tell places of a domain apart: four, more where it is narrow and far from 0. */
export function digitsOfPlace(low, high) {
  const farther = Math.max(Math.abs(low), Math.abs(high)) / (high - low);
  return Math.min(17, 4 + Math.max(0, Math.ceil(Math.log10(farther) - 1e-9)));
}

function joinedWords(said, t) {
  if (said.length < 2) return said.join("");
  return t("and", { first: said.slice(0, -1).join(", "), last: said[said.length - 1] });
}

function inWords(value, language, options) {
  return value.toLocaleString(language, options).replace(/^-/, "−");
}

function asPower(value, language, digits) {
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const raised = [...String(Number(power))].map(superscript).join("");
  const factor = Number(mantissa);
  const ten = `10${raised}`;
  if (Math.abs(factor) === 1) return `${factor < 0 ? "−" : ""}${ten}`;
  return `${inWords(factor, language, { maximumSignificantDigits: digits })}·${ten}`;
}

function superscript(character) {
  return { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" }[character];
}

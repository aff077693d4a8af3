// Colours of the figures (multistart/figures/palette.py, with which a test compares them), and of light and dark pages.

export const basinColours = ["#0067A5", "#EB9F12", "#12A67C", "#8E2560", "#F3E75B", "#7CC4EE", "#CB4F0C", "#33207F"];
export const mutedColours = ["#9DB5C4", "#C9B08F", "#A3BFA0", "#C79FA8", "#A79CC2", "#8F8A80", "#D8D2A8"];

/** What fills the starts of each ending that reach no minimum. */
export const quietColours = {
  converged: "#F7F1E3",
  trapped: "#F7F1E3",
  step_limit: "#ABABAB",
  left_arena: "#DADADA",
  nonfinite: "#2B2B2B",
  stationary: "#C8D6C0",
  visited: "#F7F1E3",
  stopped: "#DDD2E6",
  cycle: "#F6C9B4",
  bounded: "#A58C78",
  undecided: "#C9E3E3",
};

/** The patterns of the figures over them, and their inks. */
export const endingPatterns = {
  converged: ["dots", "#8A7A55"],
  step_limit: ["rising", "#6E6E6E"],
  nonfinite: ["crossing", "#8A8A8A"],
  stationary: ["dots", "#6F8A60"],
  visited: ["dots", "#A08A50"],
  stopped: ["dots", "#7E6796"],
  cycle: ["falling", "#C06A48"],
  bounded: ["grid", "#5A4233"],
  undecided: ["upright", "#3E7377"],
};

/**
 * Colours and marks of balls that race, in this order: apart under simulated deuteranopia and protanopia, and told
 * apart in grey by their marks.
 */
export const ballStyles = [
  { colour: "#1F1F1F", mark: "none" },
  { colour: "#E8480C", mark: "bar" },
  { colour: "#1B7FD4", mark: "cross" },
  { colour: "#F5D40F", mark: "dot" },
  { colour: "#B0329A", mark: "triangle" },
  { colour: "#0B8F6A", mark: "ring" },
];

const LIGHT_THEME = {
  paper: "#FFFFFF",
  ink: "#1F1F1F",
  quiet: "#4A4A4A",
  faint: "#D9DDE1",
  contour: "rgba(45, 60, 78, 0.42)",
  onBasins: "rgba(20, 24, 28, 0.30)",
  casing: "rgba(255, 255, 255, 0.92)",
  unknown: "#F0F0F0",
  edge: "#1F1F1F",
  heat: ["#4A7299", "#7E9FBC", "#AFC6D4", "#D6E2E4", "#F1F2EA", "#FFFDF3"],
};
const DARK_THEME = {
  paper: "#14181D",
  ink: "#ECEFF1",
  quiet: "#B4BCC4",
  faint: "#333B44",
  contour: "rgba(214, 228, 240, 0.26)",
  onBasins: "rgba(8, 10, 12, 0.34)",
  casing: "rgba(255, 255, 255, 0.92)",
  unknown: "#23282E",
  edge: "#0B0D10",
  heat: ["#0E1A2B", "#16293F", "#213C52", "#315366", "#4A6F7B", "#73949A"],
};

/** The colours of a light or a dark page: paper, ink, lines, and the ramp of heights from low to high. */
export function themeOf(dark) {
  return dark ? DARK_THEME : LIGHT_THEME;
}

/** Red, green and blue of "#RRGGBB", 0 to 255. */
export function rgbOf(colour) {
  const bits = Number.parseInt(colour.slice(1, 7), 16);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}

/** A colour with a fraction `amount` of another, as red, green and blue; mixed in sRGB as the figures mix. */
export function mixedColour(colour, other, amount) {
  const [a, b] = [rgbOf(colour), rgbOf(other)];
  return a.map((part, k) => (1 - amount) * part + amount * b[k]);
}

/** A ramp through colours as `count` triples of bytes, one after the other. */
export function rampOf(stops, count = 256) {
  const ramp = new Uint8ClampedArray(3 * count);
  for (let k = 0; k < count; k += 1) {
    const place = (k / (count - 1)) * (stops.length - 1);
    const below = Math.min(stops.length - 2, Math.floor(place));
    ramp.set(mixedColour(stops[below], stops[below + 1], place - below), 3 * k);
  }
  return ramp;
}

/** "#RRGGBB" of red, green and blue. */
export function hexOf(rgb) {
  return `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}

/** The relative luminance of "#RRGGBB" in [0, 1] (WCAG 2.2), by which ink on it is dark or light. */
export function luminanceOf(colour) {
  const linear = rgbOf(colour).map((part) => (part <= 10.31 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

/** A colour that a line on paper is seen in: as it is, or darker on light paper and lighter on dark paper. */
export function legibleColour(colour, dark) {
  let [amount, mixed] = [0, colour];
  while (amount < 0.9 && contrastOf(mixed, dark ? DARK_THEME.paper : LIGHT_THEME.paper) < 3) {
    amount += 0.1;
    mixed = hexOf(mixedColour(colour, dark ? "#FFFFFF" : "#000000", amount));
  }
  return mixed;
}

/** The contrast ratio of two colours, 1 to 21 (WCAG 2.2). */
export function contrastOf(one, other) {
  const [low, high] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

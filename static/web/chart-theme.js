/**
 * Colours, line dashes and fill patterns of charts, taken from the tokens in css/tokens.css.
 *
 * A canvas cannot read `light-dark()` from a custom property, so each token is resolved once
 * through a probe element and forgotten when the theme changes (event `fb:theme` from theme.js,
 * or the device's own switch).
 */

export const SERIES_COLOURS = 8;
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [], [8, 4], [2, 3], [10, 3, 2, 3]];
const cache = new Map();
const listeners = new Set();

function changed() {
  cache.clear();
  listeners.forEach((listener) => listener());
}
document.addEventListener("fb:theme", changed);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);

/** Run `listener()` after each change of theme; returns a function that stops it. */
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The computed colour, for example "rgb(1, 2, 3)", of a token such as "--fb-ink". */
export function colour(token) {
  if (!cache.has(token)) {
    const probe = document.createElement("span");
    probe.style.color = `var(${token})`;
    probe.hidden = true;
    document.body.append(probe);
    cache.set(token, getComputedStyle(probe).color);
    probe.remove();
  }
  return cache.get(token);
}

/** The same colour with `alpha` from 0 to 1. */
export function faded(token, alpha) {
  const parts = colour(token).match(/[\d.]+/g).slice(0, 3).join(", ");
  return `rgba(${parts}, ${alpha})`;
}

/** The page's font for a canvas, in pixels: font(12, 600). */
export function font(px, weight = 400) {
  const family = getComputedStyle(document.documentElement).getPropertyValue("--fb-font").trim() || "sans-serif";
  return `${weight} ${Math.round(px)}px ${family}`;
}

/** Token of the n-th series (n counts from 0 and wraps around). */
export const seriesToken = (n) => `--fb-series-${(n % SERIES_COLOURS) + 1}`;

/** Dash pattern of the n-th series, so that colour is never the only difference. */
export const seriesDash = (n) => DASHES[n % DASHES.length];

/**
 * Token of a class label: the same text has the same colour on every page. The constants keep the
 * default exercises (and the default phases) apart; other labels may share a colour, never a name.
 */
export function labelToken(label) {
  let hash = 212;
  for (const letter of String(label)) hash = (hash * 33 + letter.codePointAt(0)) >>> 0;
  return seriesToken(((hash >>> 16) ^ hash) >>> 0);
}

/** A canvas pattern of diagonal lines ("hatch"), crossed lines ("cross") or dots ("dots"). */
export function pattern(ctx, kind, token, ratio) {
  const size = Math.round(8 * ratio);
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext("2d");
  pen.strokeStyle = pen.fillStyle = faded(token, 0.55);
  pen.lineWidth = ratio;
  pen.beginPath();
  if (kind === "dots") {
    pen.arc(size / 2, size / 2, ratio, 0, 2 * Math.PI);
    pen.fill();
  } else {
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift, size);
      pen.lineTo(shift + size, 0);
      if (kind === "cross") {
        pen.moveTo(shift, 0);
        pen.lineTo(shift + size, size);
      }
    }
    pen.stroke();
  }
  return ctx.createPattern(tile, "repeat");
}

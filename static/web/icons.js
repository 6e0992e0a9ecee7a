/** Icons of the sprite web/icons.svg for elements made in JavaScript. */

const SPRITE = new URL("./icons.svg", import.meta.url);
const SVG = "http://www.w3.org/2000/svg";

/** An `<svg class="icon">` that shows the symbol `name`; decorative, so name the button itself. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${SPRITE.pathname}#${name}`);
  svg.append(use);
  return svg;
}

/** A small button with an icon; `label` is its accessible name and tooltip. */
export function iconButton(name, label, onClick) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn-icon";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.append(icon(name));
  button.addEventListener("click", onClick);
  return button;
}

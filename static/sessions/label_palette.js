/**
 * The label set as buttons with digit keys, a chooser of sets, and a field for any other word.
 *
 *   const palette = labelPalette(element, sets, { onLabel(name) });
 *   palette.names();   palette.byKey("1");   palette.enable(true, "Label 0:10 to 0:14");
 */
import { make } from "../web/dom.js";
import { labelToken } from "../web/chart-theme.js";

const KEPT = "fitbalance-label-set";

const kept = {
  get: () => { try { return localStorage.getItem(KEPT); } catch { return null; } },
  set: (id) => { try { localStorage.setItem(KEPT, id); } catch { /* forgotten at the next page */ } },
};

/** Labels with a key each: the set's own, else the digits 1 to 9 in order. */
function withKeys(labels) {
  return labels.map((label, n) => ({ ...label, key: label.key || (n < 9 ? String(n + 1) : "") }));
}

export function labelPalette(element, sets, { onLabel }) {
  const chooser = element.querySelector("[data-label-set]");
  const buttons = element.querySelector("[data-labels]");
  const other = element.querySelector("[data-other-label]");
  const words = element.querySelector("[data-palette-words]");
  let labels = [];

  for (const set of sets) chooser.append(new Option(set.name, set.id));
  const remembered = sets.find((set) => set.id === kept.get()) ?? sets[0];
  if (remembered) chooser.value = remembered.id;
  chooser.closest(".field").hidden = sets.length < 2;

  function draw() {
    labels = withKeys(sets.find((set) => set.id === chooser.value)?.labels ?? []);
    buttons.replaceChildren(...labels.map((label) => {
      const button = make("button", `label-key ${labelToken(label.name).replace("--fb-", "")}`);
      button.type = "button";
      if (label.key) button.append(make("kbd", "", label.key));
      button.append(make("span", "", label.title || label.name));
      button.addEventListener("click", () => onLabel(label.name));
      return button;
    }));
  }

  chooser.addEventListener("change", () => { kept.set(chooser.value); draw(); });
  other.addEventListener("submit", (event) => {
    event.preventDefault();
    const input = other.querySelector("input");
    const name = input.value.trim();
    if (!name) return;
    input.value = "";
    onLabel(name);
  });
  draw();

  return {
    names: () => labels.map((label) => label.name),
    byKey: (key) => labels.find((label) => label.key === key)?.name,
    /** Say what a label would apply to; without a target the buttons rest. */
    enable(on, text) {
      element.classList.toggle("ready", on);
      words.textContent = text;
      buttons.querySelectorAll("button").forEach((button) => { button.disabled = !on; });
      other.querySelectorAll("input, button").forEach((one) => { one.disabled = !on; });
    },
  };
}

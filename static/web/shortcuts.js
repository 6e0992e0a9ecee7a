/**
 * Single-key shortcuts and their help, opened with "?" or by `[data-shortcut-help]`.
 *
 *   import { shortcuts } from "../web/shortcuts.js";
 *   shortcuts("Labelling", [{ key: "c", what: "Confirm the span", run: () => … },
 *                           { keys: "← →", what: "Move the cursor" }]);   // listed only
 *
 * They are silent while somebody types, inside dialogs and with Ctrl, Alt or Meta, and can be
 * switched off for good in the help (WCAG 2.1.4). `key` is compared with KeyboardEvent.key.
 */
import { isTyping, make } from "./dom.js";
import { gettext } from "./words.js";

const OFF = "fitbalance-shortcuts-off";
const groups = new Map();

const isOff = () => {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
};

/** Register a named group; the same name replaces the earlier group. Returns an undo function. */
export function shortcuts(name, list) {
  groups.set(name, list);
  return () => groups.delete(name);
}

function listOf(list) {
  const facts = make("dl", "facts");
  for (const { key, keys, what } of list) {
    const term = make("dt");
    const shown = key === " " ? gettext("Space") : key;
    for (const one of (keys ?? shown).split(" ")) term.append(make("kbd", "", one), " ");
    facts.append(term, make("dd", "", what));
  }
  return facts;
}

function switchRow() {
  const row = make("p", "field check");
  const box = make("input");
  const label = make("label", "", gettext("Turn on single-key shortcuts"));
  box.type = "checkbox";
  box.id = label.htmlFor = "shortcuts-on";
  box.checked = !isOff();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(OFF, box.checked ? "0" : "1");
    } catch {
      /* Storage is blocked: shortcuts stay on. */
    }
  });
  row.append(box, label);
  return row;
}

/** Open the list of keys of this page. */
export function openHelp() {
  const dialog = make("dialog", "dialog");
  const title = make("h2", "", gettext("Keyboard shortcuts"));
  const close = make("button", "secondary", gettext("Close"));
  const actions = make("div", "actions");
  title.id = "shortcut-title";
  dialog.setAttribute("aria-labelledby", title.id);
  close.type = "button";
  close.addEventListener("click", () => dialog.close());
  actions.append(close);
  dialog.append(title);
  for (const [name, list] of groups) dialog.append(make("h3", "", name), listOf(list));
  dialog.append(switchRow(), actions);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === " " && event.target instanceof Element && event.target.closest("button, a, summary")) return;
  if (isOff()) return;
  for (const list of groups.values()) {
    const hit = list.find((one) => one.run && one.key === event.key);
    if (hit) {
      event.preventDefault();
      hit.run(event);
      return;
    }
  }
}

/** Listen on the page once. */
export function initShortcuts() {
  shortcuts(gettext("All pages"), [{ key: "?", what: gettext("Show keyboard shortcuts"), run: openHelp }]);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shortcut-help]")) openHelp();
  });
}

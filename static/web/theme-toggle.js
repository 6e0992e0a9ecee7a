/**
 * The theme button: device setting → light → dark. Marked up as `[data-theme-toggle]`; the choice
 * is kept in localStorage and announced as event `fb:theme`, which charts listen to.
 */
import { icon } from "./icons.js";
import { gettext } from "./words.js";

const KEY = "fitbalance-theme";
const THEMES = {
  auto: { icon: "auto", words: gettext("Theme: device setting. Switch to light."), next: "light" },
  light: { icon: "sun", words: gettext("Theme: light. Switch to dark."), next: "dark" },
  dark: { icon: "moon", words: gettext("Theme: dark. Switch to device setting."), next: "auto" },
};

const current = () => document.documentElement.dataset.theme ?? "auto";

function show(button) {
  const { icon: name, words: label } = THEMES[current()];
  button.setAttribute("aria-label", label);
  button.title = label;
  button.replaceChildren(icon(name));
}

function choose(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    /* Storage is blocked: the choice holds for this page. */
  }
  document.dispatchEvent(new CustomEvent("fb:theme", { detail: theme }));
}

/** Make every theme button on the page work. */
export function initThemeToggle() {
  document.querySelectorAll("[data-theme-toggle]").forEach((button) => {
    show(button);
    button.addEventListener("click", () => {
      choose(THEMES[current()].next);
      show(button);
    });
  });
}

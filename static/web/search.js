/**
 * Search from every page: Ctrl-K or ⌘-K, "/" or `[data-search-open]` opens the dialog of base.html; htmx fills its list.
 * The words stay focused; up and down choose among the results, Enter opens the chosen one, or the page of all results
 * where the list is not up to date.
 */
import { isTyping } from "./dom.js";
import { shortcuts } from "./shortcuts.js";
import { gettext } from "./words.js";

const dialog = document.getElementById("search");
const input = dialog?.querySelector("input");
const found = dialog?.querySelector(".search-found");
const hits = () => [...found.querySelectorAll("[role=option]")];
let chosen = 0;

function choose(index) {
  const all = hits();
  chosen = all.length ? (index + all.length) % all.length : 0;
  all.forEach((hit, n) => hit.setAttribute("aria-selected", n === chosen ? "true" : "false"));
  input.setAttribute("aria-expanded", all.length ? "true" : "false");
  if (all.length) input.setAttribute("aria-activedescendant", all[chosen].id);
  else input.removeAttribute("aria-activedescendant");
  all[chosen]?.scrollIntoView({ block: "nearest" });
}

function open() {
  if (dialog.open || document.querySelector("dialog[open]")) return;
  dialog.showModal();
  input.focus();
  input.select();
  input.dispatchEvent(new CustomEvent("fb:search"));
}

/** Whether the list answers what stands in the field now. */
const isAnswered = () => found.querySelector(".search-said")?.dataset.text === input.value.trim().split(/\s+/).join(" ");

const MOVES = {
  ArrowDown: () => chosen + 1,
  ArrowUp: () => chosen - 1,
};

function onKey(event) {
  if (event.isComposing) return;
  if (MOVES[event.key]) choose(MOVES[event.key]());
  else if (event.key === "Enter" && hits()[chosen] && isAnswered()) hits()[chosen].click();
  else return;
  event.preventDefault();
}

/** Listen on the page once; pages of nobody have no search. */
export function initSearch() {
  if (!dialog) return;
  shortcuts(gettext("Search"), [
    { key: "/", what: gettext("Search everything"), run: open },
    { keys: "Ctrl K", what: gettext("Search everything, also while you type") },
  ]);
  document.addEventListener("keydown", (event) => {
    const isAsked = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!isAsked || (isTyping(event.target) && event.target.closest("[contenteditable=true]"))) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-search-open]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
  input.addEventListener("keydown", onKey);
  new MutationObserver(() => {
    dialog.querySelector("[role=status]").textContent = found.querySelector(".search-said")?.textContent ?? "";
    choose(0);
  }).observe(found, { childList: true });
}

/**
 * The keys of the labelling page. They are heard before the chart's own (capture), so that a digit
 * names the selection wherever the focus is; nothing happens while somebody types.
 *
 *   bindKeys({ label(key), last(), hasSelection(), span(), apply(name), decide(state), remove(), undo(),
 *              pickNext(±1), edge(0|1), all(), review(), letGo() });
 */
import { isTyping } from "../web/dom.js";
import { shortcuts } from "../web/shortcuts.js";
import { gettext } from "../web/words.js";

export function bindKeys(page) {
  const inControl = (event) => Boolean(event.target.closest?.("button, a, summary, [role=slider]"));

  /** What Enter means now, or null: it then belongs to the chart (marking) or to a button. */
  function onEnter(event) {
    if (inControl(event)) return null;
    if (page.hasSelection()) return page.last() === null ? null : () => page.apply(page.last());
    const span = page.span();
    if (span?.state === "proposed") return () => page.decide("confirmed");
    return null;
  }

  function actionOf(event) {
    const name = page.label(event.key);
    if (name) return () => page.apply(name);
    if (event.key === "Enter") return onEnter(event);
    if (event.key === "Delete" || event.key === "Backspace") {
      if (page.span()) return page.remove;
      return page.hasSelection() ? page.letGo : null;
    }
    if (event.key === "Escape" && !inControl(event) && (page.span() || page.hasSelection())) return page.letGo;
    return null;
  }

  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || event.altKey) return;
    let run = null;
    if (event.ctrlKey || event.metaKey) run = event.key === "z" ? page.undo : null;
    else if (!event.repeat || event.key === "Enter") run = actionOf(event);
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  }, true);

  shortcuts(gettext("Labels"), [
    { keys: "1 … 9", what: gettext("Label the selection or change the selected label") },
    { keys: "Enter", what: gettext("Use the last label again; confirm a proposed label") },
    { key: "n", what: gettext("Next label"), run: () => page.pickNext(1) },
    { key: "p", what: gettext("Previous label"), run: () => page.pickNext(-1) },
    { key: "c", what: gettext("Confirm a proposed label"), run: () => page.decide("confirmed") },
    { key: "x", what: gettext("Reject a proposed label"), run: () => page.decide("rejected") },
    { key: "e", what: gettext("Mark as no exercise"), run: () => page.apply("") },
    { key: "a", what: gettext("Select the whole recording"), run: page.all },
    { key: "[", what: gettext("Move the start of the selected label with the arrow keys"), run: () => page.edge(0) },
    { key: "]", what: gettext("Move the end of the selected label"), run: () => page.edge(1) },
    { keys: "Delete", what: gettext("Delete the selected label") },
    { key: "u", what: gettext("Undo the last change (also Ctrl+Z)"), run: page.undo },
    { key: "r", what: gettext("Mark the recording as reviewed"), run: page.review },
  ]);
}

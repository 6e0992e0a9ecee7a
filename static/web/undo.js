/** What the last page deleted: its message becomes a toast whose button takes the deletion back. */
import { toastUndo } from "./toast.js";

/** Wire the page once. The forms are there without scripts too. */
export function initUndo() {
  document.querySelectorAll("form[data-undo]").forEach((form) => {
    form.hidden = true;
    toastUndo(form.querySelector("div").textContent, () => form.submit());
  });
}

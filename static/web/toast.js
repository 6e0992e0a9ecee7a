/** Short messages in a corner. They are read out, and stay until closed when something failed. */
import { icon, iconButton } from "./icons.js";
import { gettext } from "./words.js";

const LOOKS = { info: "info", success: "ok", warning: "warning", error: "error" };
const SHOWN_MS = 6000;
const UNDO_MS = 12_000;

function region() {
  let box = document.querySelector(".toasts");
  if (!box) {
    box = document.createElement("div");
    box.className = "toasts";
    document.body.append(box);
  }
  return box;
}

/** Show `text`; level is info, success, warning or error. Returns the element. */
export function toast(text, level = "info", shown_ms = SHOWN_MS) {
  const shown = [...region().children].find((one) => one.dataset.text === `${level} ${text}`);
  if (shown) shown.remove(); // the same is said once, and stays its time again
  const box = document.createElement("div");
  const words = document.createElement("div");
  box.className = `notice ${level}`;
  box.dataset.text = `${level} ${text}`;
  box.setAttribute("role", level === "error" ? "alert" : "status");
  words.textContent = text;
  box.append(icon(LOOKS[level] ?? "info"), words, iconButton("cross", gettext("Close message"), () => box.remove()));
  region().append(box);
  if (level !== "error") setTimeout(() => box.remove(), shown_ms);
  return box;
}

/** Say what was done, with a button that takes it back: `undo()` may return a promise; its error is shown. */
export function toastUndo(text, undo) {
  const box = toast(text, "success", UNDO_MS);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "undo";
  button.textContent = gettext("Undo");
  button.addEventListener("click", async () => {
    box.remove();
    try { await undo(); } catch (error) { toastError(error); }
  });
  box.insertBefore(button, box.lastElementChild);
  return box;
}

/** Show a caught error: a Problem's own sentence, else a general one. */
export function toastError(error) {
  const words = error?.name === "Problem" ? error.message : gettext("Something went wrong. Try again.");
  return toast(words, "error");
}

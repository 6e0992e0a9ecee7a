/** Short messages in a corner. They are read out, and stay until closed when something failed. */
import { icon, iconButton } from "./icons.js";

const LOOKS = { info: "info", success: "ok", warning: "warning", error: "error" };
const SHOWN_MS = 6000;

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
export function toast(text, level = "info") {
  const box = document.createElement("div");
  const words = document.createElement("div");
  box.className = `notice ${level}`;
  box.setAttribute("role", level === "error" ? "alert" : "status");
  words.textContent = text;
  box.append(icon(LOOKS[level] ?? "info"), words, iconButton("cross", "Close message", () => box.remove()));
  region().append(box);
  if (level !== "error") setTimeout(() => box.remove(), SHOWN_MS);
  return box;
}

/** Show a caught error: a Problem's own sentence, else a general one. */
export function toastError(error) {
  const words = error?.name === "Problem" ? error.message : "Something went wrong. Please try again.";
  return toast(words, "error");
}

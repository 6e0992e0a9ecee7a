/** The style guide's one moving piece: a message that can be undone. */
import { toast, toastUndo } from "./toast.js";

document.querySelector("[data-toast-example]")?.addEventListener("click", () => {
  toastUndo("Label deleted.", () => toast("Label restored.", "success"));
});

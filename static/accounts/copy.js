/** `<button data-copy="id">` copies the text or value of the element with that id and says so. */
import { toast } from "../web/toast.js";
import { gettext } from "../web/words.js";

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent.trim();
  try {
    await navigator.clipboard.writeText(text);
    toast(gettext("Copied."), "success");
  } catch {
    source.select?.();
    toast(gettext("Your browser does not allow copying. Select the text and copy it."), "warning");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button) copy(button);
});

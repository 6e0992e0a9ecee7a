/** `<button data-copy="id">` copies the text or value of the element with that id and says so. */
import { toast } from "../web/toast.js";

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent.trim();
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied.", "success");
  } catch {
    source.select?.();
    toast("Your browser does not let pages copy: select the text and copy it yourself.", "warning");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button) copy(button);
});

// The review queue by keyboard: each button names its key; labels fill the hidden field before the form goes.
const form = document.getElementById("decide");

function typing(target) {
  return target.closest("input, select, textarea, [contenteditable], summary, a, button") !== null;
}

if (form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-label]");
    if (button) form.elements.label.value = button.dataset.label;
  });
  form.addEventListener("submit", () => {
    // After the browser has collected the pressed button's value: a second press must not decide the next one.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (typing(event.target) && (event.key === "Enter" || event.target.closest("input, select, textarea"))) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const button = [...form.querySelectorAll("button[data-key]")].find((one) => one.dataset.key.toLowerCase() === key.toLowerCase());
    if (!button) return;
    event.preventDefault();
    button.click();
  });
}

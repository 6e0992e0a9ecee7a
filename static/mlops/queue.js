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
    if (event.key === "Enter" && event.target.matches("fieldset input")) {
      event.preventDefault(); // a browser would press the first button, which says yes to what was proposed
      form.querySelector('button[value="correct"]').click();
      return;
    }
    if (typing(event.target) && (event.key === "Enter" || event.target.closest("input, select, textarea"))) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const button = [...form.querySelectorAll("button[data-key]")].find((one) => one.dataset.key.toLowerCase() === key.toLowerCase());
    if (!button) return;
    event.preventDefault();
    button.click();
  });
}

// When the champion has looked through everything, what it found is counted, and shown where nothing was before.
const waits = document.querySelector("[data-waits]");
if (waits?.querySelector(".progress-line")) {
  const watch = new MutationObserver(async () => {
    if (waits.querySelector(".progress-line")) return;
    watch.disconnect();
    if (!form) { location.reload(); return; }
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["nav", "dl"]) {
      const found = page.querySelector(`[data-waits] ${part}`);
      if (found) waits.querySelector(part).replaceWith(found);
    }
  });
  watch.observe(waits, { childList: true, subtree: true });
}

/**
 * `<form data-needs>`: its button is disabled until everything required is there, and says beside itself what is
 * missing. A control may say it in its own words: `data-why="Give a reason."`.
 */
import { make } from "./dom.js";
import { fill, gettext } from "./words.js";

let count = 0;

function missing(form) {
  const control = [...form.elements].find((one) => one.willValidate && !one.validity.valid);
  if (!control) return "";
  const name = control.labels?.[0]?.textContent.trim();
  return control.dataset.why || (name ? fill(gettext("Missing: %(name)s"), { name }) : control.validationMessage);
}

function bind(form) {
  const button = form.querySelector("button:not([type=button])");
  if (!button) return;
  const note = make("p", "help needs");
  note.id = `needs-${++count}`;
  note.setAttribute("role", "status");
  button.before(note);
  button.setAttribute("aria-describedby", note.id);
  const show = () => {
    const words = missing(form);
    note.hidden = !words;
    note.textContent = words;
    button.disabled = Boolean(words);
  };
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  show();
}

/** Wire the forms of the page once. */
export function initNeeds() {
  document.querySelectorAll("form[data-needs]").forEach(bind);
}

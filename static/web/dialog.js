/**
 * Modal dialogs on the browser's own <dialog>.
 *
 * Markup: `<button data-dialog-open="id">`, `<dialog class="dialog" id="id" aria-labelledby=…>`,
 * inside it `<button data-dialog-close>`. A form with `data-confirm="Delete this recording?"`
 * (optional `data-confirm-button="Delete"`) asks before it is sent, and so does `hx-confirm`.
 */
import { make } from "./dom.js";

/** Ask a question; resolves to true or false. Focus starts on the safe answer. */
export function confirmDialog(question, { button = "Continue", danger = true } = {}) {
  const dialog = make("dialog", "dialog");
  const words = make("p", "", question);
  const actions = make("div", "actions");
  const no = make("button", "secondary", "Cancel");
  const yes = make("button", danger ? "danger" : "", button);
  words.id = "confirm-question";
  dialog.setAttribute("aria-labelledby", words.id);
  no.type = yes.type = "button";
  no.autofocus = true;
  actions.append(no, yes);
  dialog.append(words, actions);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer = false;
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => { answer = true; dialog.close(); });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    dialog.showModal();
  });
}

async function onSubmit(event) {
  const form = event.target.closest("form[data-confirm]");
  const submitter = event.submitter;
  if (!form || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(await confirmDialog(form.dataset.confirm, { button: form.dataset.confirmButton }))) return;
  form.dataset.confirmed = "yes";
  form.requestSubmit(submitter);
  delete form.dataset.confirmed;
}

function onClick(event) {
  const open = event.target.closest("[data-dialog-open]");
  if (open) document.getElementById(open.dataset.dialogOpen)?.showModal();
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  if (event.target.matches("dialog.dialog")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right
      && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.detail > 0) event.target.close();
  }
}

/** Wire the page once; htmx swaps need nothing more. */
export function initDialogs() {
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:confirm", async (event) => {
    const { ctx, issueRequest, dropRequest } = event.detail;
    event.preventDefault();
    const button = ctx.sourceElement?.dataset?.confirmButton;
    if (await confirmDialog(ctx.confirm, { button })) issueRequest();
    else dropRequest();
  });
}

/**
 * Modal dialogs on the browser's own <dialog>.
 *
 * Markup: `<button data-dialog-open="id">`, `<dialog class="dialog" id="id" aria-labelledby=…>`,
 * inside it `<button data-dialog-close>`. A form, or one of its buttons, with `data-confirm="Stop the training?"`
 * asks before it is sent, and so does `hx-confirm`. Both buttons say what they do:
 * `data-confirm-button="Stop it" data-confirm-keep="Keep it running"`. `data-confirm-details="id"` names a
 * <template> with what changes; `data-confirm-safe` marks what can be undone. A form with
 * `data-confirm-off="Coaches will no longer see"` asks only where a box was unticked, and lists what changes.
 */
import { make } from "./dom.js";
import { gettext } from "./words.js";

/** Ask a question; resolves to true or false. Focus starts on the safe answer. details: nodes below the question. */
export function confirmDialog(
  question,
  { button = gettext("Continue"), keep = gettext("Leave as it is"), danger = true, details = [] } = {},
) {
  const dialog = make("dialog", details.length ? "dialog asks" : "dialog");
  const words = make(details.length ? "h2" : "p", "", question);
  const actions = make("div", "actions");
  const no = make("button", "secondary", keep);
  const yes = make("button", danger ? "danger" : "", button);
  words.id = "confirm-question";
  dialog.setAttribute("aria-labelledby", words.id);
  no.type = yes.type = "button";
  no.autofocus = true;
  actions.append(no, yes);
  dialog.append(words, ...details, actions);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer = false;
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => { answer = true; dialog.close(); });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    dialog.showModal();
    dialog.scrollTop = 0; // the focus is at the end, reading begins at the question
  });
}

/** Nodes of what a form changes: its own template, and boxes that are ticked or unticked now. */
function detailsOf(form, data) {
  const template = data.confirmDetails && document.getElementById(data.confirmDetails);
  const details = template ? [template.content.cloneNode(true)] : [];
  if (!data.confirmOff) return details;
  const boxes = [...form.querySelectorAll("input[type=checkbox]")].filter((box) => box.checked !== box.defaultChecked);
  for (const [title, ticked] of [[data.confirmOff, false], [data.confirmOn, true]]) {
    const some = boxes.filter((box) => box.checked === ticked);
    if (!title || !some.length) continue;
    const list = make("ul");
    list.append(...some.map((box) => make("li", "", box.labels[0]?.textContent.trim() ?? box.value)));
    details.push(make("h3", "", title), list);
  }
  return details;
}

function isAsked(form, data) {
  if (!data.confirm) return false;
  if (!data.confirmOff) return true;
  return [...form.querySelectorAll("input[type=checkbox]")].some((box) => box.defaultChecked && !box.checked);
}

async function onSubmit(event) {
  const form = event.target;
  const submitter = event.submitter;
  const data = submitter?.dataset.confirm ? submitter.dataset : form.dataset;
  if (form.dataset.confirmed || !isAsked(form, data)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const look = {
    button: data.confirmButton, keep: data.confirmKeep, danger: !("confirmSafe" in data), details: detailsOf(form, data),
  };
  if (!(await confirmDialog(data.confirm, look))) return;
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
    const { confirmButton: button, confirmKeep: keep } = ctx.sourceElement?.dataset ?? {};
    if (await confirmDialog(ctx.confirm, { button, keep })) issueRequest();
    else dropRequest();
  });
}

/**
 * Makes a form with a file input send its files in resumable parts, with progress and "Stop".
 *
 *   import { enhanceUploadForm } from "../web/upload-form.js";
 *   enhanceUploadForm(form, { field: "upload" });
 *
 * On submit each chosen file is uploaded; then the form goes to its own address with one hidden
 * input `field` per file that holds the upload's id, and without the files themselves. Without
 * JavaScript the form works as it is. Progress rows are put before the form's last .actions,
 * else at its end.
 */
import { make } from "./dom.js";
import { bytes } from "./format.js";
import { toastError } from "./toast.js";
import { uploadFile } from "./upload.js";
import { fill, gettext } from "./words.js";

function rowFor(file, place) {
  const row = make("div", "upload-row");
  const state = make("span", "num muted small", gettext("Waiting"));
  const bar = make("progress");
  bar.max = file.size || 1;
  bar.value = 0;
  bar.setAttribute("aria-label", fill(gettext("Upload of %(file)s"), { file: file.name }));
  state.setAttribute("role", "status");
  row.append(make("span", "", file.name), state, bar);
  place.append(row);
  let said = -1;
  return (done) => {
    bar.value = done;
    const tenth = Math.floor((done / file.size) * 10);
    if (tenth === said) return;
    said = tenth;
    state.textContent = fill(done >= file.size ? gettext("%(size)s uploaded") : gettext("%(done)s of %(size)s"), { size: bytes(file.size), done: bytes(done) });
  };
}

function hidden(name, value) {
  const input = make("input");
  Object.assign(input, { type: "hidden", name, value });
  return input;
}

/** Wire one form; `onUploaded(uploads)` may replace the final submit. */
export function enhanceUploadForm(form, { field = "upload", onUploaded } = {}) {
  const input = form.querySelector('input[type="file"]');
  const rows = make("div");
  const stop = make("button", "secondary", gettext("Stop"));
  stop.type = "button";
  stop.hidden = true;
  const actions = [...form.querySelectorAll(".actions")].at(-1);
  if (actions) actions.before(rows);
  else form.append(rows);
  (actions ?? form).append(stop);
  let controller = null;
  stop.addEventListener("click", () => controller?.abort());

  async function send(submitter) {
    controller = new AbortController();
    const uploads = [];
    const files = [...input.files];
    const shown = files.map((file) => rowFor(file, rows));
    for (const [n, file] of files.entries()) {
      uploads.push(await uploadFile(file, { onProgress: shown[n], signal: controller.signal }));
    }
    if (onUploaded) return onUploaded(uploads);
    form.append(...uploads.map((upload) => hidden(field, upload.id)));
    input.disabled = true;
    if (submitter) submitter.disabled = false;
    return form.requestSubmit(submitter);
  }

  form.addEventListener("submit", async (event) => {
    if (input.disabled || !input.files.length) return;
    event.preventDefault();
    const { submitter } = event;
    rows.replaceChildren();
    stop.hidden = false;
    if (submitter) submitter.disabled = true;
    try {
      await send(submitter);
    } catch (error) {
      if (error.name !== "AbortError") toastError(error);
      rows.replaceChildren();
    } finally {
      stop.hidden = true;
      if (submitter) submitter.disabled = false;
    }
  });
}

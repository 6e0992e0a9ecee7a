/** The import of days: the chosen file goes up in resumable parts, then it is looked at. */
import { enhanceUploadForm } from "../web/upload-form.js";

const form = document.getElementById("days-upload");

enhanceUploadForm(form, {
  onUploaded: ([upload]) => window.location.assign(`${form.dataset.next}?upload=${upload.id}`),
});
form.querySelector('input[type="file"]').addEventListener("change", (event) => {
  if (event.target.files.length) form.requestSubmit(form.querySelector("button"));
});

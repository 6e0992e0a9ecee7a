/** The import page: chosen or dropped files go up in resumable parts, then the settings open. */
import { enhanceUploadForm } from "../web/upload-form.js";

const form = document.getElementById("import-upload");

enhanceUploadForm(form, {
  onUploaded(uploads) {
    const query = new URLSearchParams(uploads.map((upload) => ["upload", upload.id]));
    window.location.assign(`${form.dataset.next}?${query}`);
  },
});
form.querySelector('input[type="file"]').addEventListener("change", (event) => {
  if (event.target.files.length) form.requestSubmit(form.querySelector("button"));
});

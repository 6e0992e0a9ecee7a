/** The import form of /ml/exchange/ sends its file in resumable parts, and asks what the chosen task's kind asks. */
import { enhanceUploadForm } from "../web/upload-form.js";

const form = document.getElementById("model-import");
if (form) {
  enhanceUploadForm(form, { field: "upload" });
  const show = () => {
    for (const group of form.querySelectorAll("fieldset[data-tasks]")) {
      group.hidden = !group.dataset.tasks.split(" ").includes(form.elements.task.value);
    }
  };
  form.elements.task.addEventListener("change", show);
  show();
}

/** The import form of /ml/exchange/ sends its file in resumable parts. */
import { enhanceUploadForm } from "../web/upload-form.js";

const form = document.getElementById("model-import");
if (form) enhanceUploadForm(form, { field: "upload" });

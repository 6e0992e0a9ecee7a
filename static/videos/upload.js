/** The library of videos: the chosen clip goes up in resumable parts, then the form with what was said about it. */
import { enhanceUploadForm } from "../web/upload-form.js";

enhanceUploadForm(document.getElementById("video-upload"));

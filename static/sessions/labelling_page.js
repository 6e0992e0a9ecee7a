/** The page of a recording, or of a sample: its labels. */
import { toastError } from "../web/toast.js";
import { startLabelling } from "./labelling.js";

startLabelling().catch(toastError);

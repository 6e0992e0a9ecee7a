/** What every page runs; loaded once by base.html. */
import { initDialogs } from "./dialog.js";
import { initForms } from "./forms.js";
import { initHtmx } from "./htmx-glue.js";
import { initShortcuts } from "./shortcuts.js";
import { initThemeToggle } from "./theme-toggle.js";

initThemeToggle();
initDialogs();
initForms();
initHtmx();
initShortcuts();

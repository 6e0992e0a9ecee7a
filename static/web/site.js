/** What every page runs; loaded once by base.html. */
import { initDialogs } from "./dialog.js";
import { initForms } from "./forms.js";
import { initHtmx } from "./htmx-glue.js";
import { initNeeds } from "./needs.js";
import { initScrollEdges } from "./scroll-edges.js";
import { initSearch } from "./search.js";
import { initShortcuts } from "./shortcuts.js";
import { initTables } from "./table-cards.js";
import { initThemeToggle } from "./theme-toggle.js";
import { initUndo } from "./undo.js";

initThemeToggle();
initDialogs();
initForms();
initNeeds();
initUndo();
initHtmx();
initShortcuts();
initSearch();
initTables();
initScrollEdges();

/**
 * A table that is too wide for a phone becomes cards: one a row, every value under the name of its column.
 *
 * Works on each `.tablebox` by itself. The names come from the heads (a cell keeps a `data-label` of its own; none for
 * heads that are empty or only heard). Roles keep it a table for who listens. The look is in css/components.css.
 */
import { each } from "./dom.js";

const phone = window.matchMedia("(max-width: 46rem)");
const ROLES = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TFOOT: "rowgroup", TR: "row", TD: "cell" };

function roleOf(node) {
  if (node.tagName !== "TH") return ROLES[node.tagName];
  return node.scope === "row" || node.closest("tbody") ? "rowheader" : "columnheader";
}

/** Names of the columns, as often as each is wide. */
function names(table) {
  const heads = table.tHead?.rows[0]?.cells ?? [];
  return [...heads].flatMap((head) => {
    const isSeen = !head.querySelector(".visually-hidden");
    const words = [...head.childNodes].map((node) => node.textContent).join(" ").replace(/[↑↓\s]+/g, " ").trim();
    return Array(head.colSpan).fill(isSeen ? words : "");
  });
}

function label(table) {
  const columns = names(table);
  table.querySelectorAll("thead, tbody, tfoot, tr, th, td").forEach((node) => {
    if (!node.hasAttribute("role")) node.setAttribute("role", roleOf(node));
  });
  if (!table.hasAttribute("role")) table.setAttribute("role", "table");
  for (const body of table.tBodies) {
    for (const row of body.rows) {
      let at = 0;
      for (const cell of row.cells) {
        if (!("label" in cell.dataset) && cell.colSpan === 1 && columns[at]) cell.dataset.label = columns[at];
        at += cell.colSpan;
      }
    }
  }
}

function fit(box) {
  const table = box.querySelector(":scope > table");
  if (!table) return;
  delete box.dataset.fit;
  if (!phone.matches || !table.tHead || table.scrollWidth <= box.clientWidth + 1) return;
  label(table);
  box.dataset.fit = "cards";
}

/** Watch every table of the page, those that come later too. */
export function initTables() {
  const widths = new WeakMap();
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (widths.get(target) === target.clientWidth) continue;
      widths.set(target, target.clientWidth);
      fit(target);
    }
  });
  const rows = new MutationObserver((changes) => {
    for (const box of new Set(changes.map((change) => change.target.closest?.(".tablebox")))) {
      if (box?.dataset.fit === "cards") label(box.querySelector("table"));
      else if (box) fit(box);
    }
  });
  each(".tablebox", (box) => {
    sizes.observe(box);
    rows.observe(box, { childList: true, subtree: true });
  });
  document.addEventListener("htmx:after:swap", () => document.querySelectorAll(".tablebox").forEach(fit));
}

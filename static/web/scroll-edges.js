/** Bars that scroll sideways show it: `data-more` says on which sides there is more, css/layout.css fades these edges. */
import { each } from "./dom.js";

const BARS = ".seg, .site-nav, .local-nav ul, .tablebox, .figure-box";

function mark(bar) {
  const left = bar.scrollLeft > 2;
  const right = bar.scrollLeft + bar.clientWidth < bar.scrollWidth - 2;
  const more = [left && "left", right && "right"].filter(Boolean).join(" ");
  if (more) bar.dataset.more = more;
  else delete bar.dataset.more;
}

/** Bring the chosen tab into the middle of its bar, without moving the page. */
function reveal(bar) {
  const chosen = bar.querySelector("[aria-current], [aria-pressed=true]");
  if (!chosen || bar.scrollWidth <= bar.clientWidth) return;
  const from = chosen.getBoundingClientRect().left - bar.getBoundingClientRect().left + bar.scrollLeft;
  bar.scrollLeft = from - (bar.clientWidth - chosen.clientWidth) / 2;
}

/** Watch every bar of the page, those that come later too. */
export function initScrollEdges() {
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => mark(target)));
  each(BARS, (bar) => {
    reveal(bar);
    mark(bar);
    sizes.observe(bar);
    bar.addEventListener("scroll", () => mark(bar), { passive: true });
  });
}

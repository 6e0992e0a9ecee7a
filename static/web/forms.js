/**
 * Forms and menus. A sent form shows that it works and cannot be sent twice; a drop zone names
 * the chosen file; an open menu closes on Escape and on a click elsewhere.
 */

const STUCK_MS = 10_000;

function revive(button) {
  button.removeAttribute("aria-busy");
  button.disabled = false;
}

function onSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.target || form.hasAttribute("data-no-busy")) return;
  const button = event.submitter;
  if (!button || form.matches("[hx-post], [hx-get], [hx-put], [hx-patch], [hx-delete]")) return;
  setTimeout(() => {
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
  });
  setTimeout(() => revive(button), STUCK_MS);
}

/** A page from the back-forward cache must not come back with dead buttons. */
function onShow(event) {
  if (!event.persisted) return;
  document.querySelectorAll("button[aria-busy=true]").forEach(revive);
}

function bindDropzone(zone) {
  const input = zone.querySelector('input[type="file"]');
  const chosen = zone.querySelector(".chosen");
  const over = (on) => () => zone.classList.toggle("over", on);
  zone.addEventListener("dragover", over(true));
  for (const name of ["dragleave", "drop", "dragend"]) zone.addEventListener(name, over(false));
  input.addEventListener("change", () => {
    chosen.textContent = [...input.files].map((file) => file.name).join(", ");
  });
}

function closeMenus(except = null) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (menu !== except) menu.open = false;
  });
}

/** Wire the page once. */
export function initForms() {
  document.addEventListener("submit", onSubmit);
  window.addEventListener("pageshow", onShow);
  document.querySelectorAll(".dropzone").forEach(bindDropzone);
  document.querySelectorAll(".seg [aria-current]").forEach((here) => {
    const box = here.closest(".seg");
    box.scrollLeft = here.offsetLeft - (box.clientWidth - here.offsetWidth) / 2;
  });
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector("details.menu[open]");
    if (event.key !== "Escape" || !open) return;
    closeMenus();
    open.querySelector("summary").focus();
  });
}

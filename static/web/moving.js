/**
 * A film that plays by itself, silent and in a loop, with a button that stops it.
 *
 *   <figure data-moving><video muted loop playsinline preload="none" poster="…"><source …></video>
 *     <button type="button" class="btn-icon" hidden></button></figure>
 *
 * Who asked for less motion sees the poster and may start it. Without this script the poster stands.
 */
import { icon } from "./icons.js";
import { gettext } from "./words.js";

function wire(figure) {
  const film = figure.querySelector("video");
  const button = figure.querySelector("button");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const show = () => {
    button.replaceChildren(icon(film.paused ? "play" : "pause"));
    button.setAttribute("aria-label", film.paused ? gettext("Play the film") : gettext("Pause the film"));
  };
  film.addEventListener("play", show);
  film.addEventListener("pause", show);
  button.addEventListener("click", () => { if (film.paused) film.play(); else film.pause(); });
  calm.addEventListener("change", () => { if (calm.matches) film.pause(); });
  button.hidden = false;
  show();
  if (!calm.matches) film.play().catch(() => {}); // a browser that saves data or power leaves the poster
}

document.querySelectorAll("[data-moving]").forEach(wire);

/**
 * Plays a time without a clip: the body alone, from the landmarks of the mirror.
 *
 *   clockwork(root, player, duration_s);   player as videoPlayer gives it where there is no <video>
 */
import { gettext } from "../web/words.js";

export function clockwork(root, player, duration_s) {
  const button = root.querySelector("[data-play]");
  const speed = root.querySelector("[data-speed]");
  let began = null;

  function show(isPlaying) {
    button.setAttribute("aria-pressed", String(isPlaying));
    button.querySelector("span").textContent = isPlaying ? gettext("Pause") : gettext("Play");
  }

  function tick(now) {
    if (began === null) return;
    const t = began.t + ((now - began.now) / 1000) * Number(speed.value);
    player.seek(t);
    if (t >= duration_s) stop();
    else requestAnimationFrame(tick);
  }

  function stop() {
    began = null;
    show(false);
  }

  button.addEventListener("click", () => {
    if (began) return stop();
    began = { t: player.time >= duration_s - 0.05 ? 0 : player.time, now: performance.now() };
    show(true);
    requestAnimationFrame(tick);
    return undefined;
  });
  speed.addEventListener("change", () => { if (began) began = { t: player.time, now: performance.now() }; });
}

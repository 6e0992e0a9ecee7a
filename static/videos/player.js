/**
 * The clip on its page: playing, stepping by frames, and its time bound to the cursor of the chart both ways.
 *
 *   const player = videoPlayer(root, { rate_hz, duration_s, onTime(t), onState() });
 *   player.seek(t)   player.time   player.isPlaying   player.toggle()   player.element
 *
 * Where the browser cannot play the file, `element` is null and the time is a number that can be set.
 */
import { clock } from "../web/format.js";
import { shortcuts } from "../web/shortcuts.js";
import { gettext } from "../web/words.js";

export function videoPlayer(root, { rate_hz, duration_s, onTime, onState }) {
  const element = root.querySelector("video");
  const find = (name) => root.querySelector(`[data-${name}]`);
  const frame = 1 / (rate_hz || 30);
  let at = 0;
  let wanted = null;

  const player = {
    element,
    /** Never past the last frame, behind which a file may have a little sound. */
    get time() { return Math.min(wanted ?? element?.currentTime ?? at, duration_s); },
    get isPlaying() { return Boolean(element) && !element.paused && !element.ended; },
    /** Seeks wait for one another: the last one counts. */
    seek(t) {
      at = Math.min(Math.max(t, 0), duration_s);
      if (!element) return told();
      if (element.seeking) { wanted = at; return undefined; }
      element.currentTime = at;
      return undefined;
    },
    toggle() {
      if (!element) return;
      if (element.paused) element.play().catch(() => {}); else element.pause();
    },
    /** By whole frames; half a frame in, so that rounding never shows the one before. */
    step(n) {
      element?.pause();
      player.seek((Math.floor(player.time / frame + 0.01) + n + 0.5) * frame);
    },
  };

  function write() {
    find("time").textContent = `${clock(player.time, 2)} / ${clock(duration_s, 2)}`;
    find("seek").value = player.time;
    find("seek").setAttribute("aria-valuetext", clock(player.time, 1));
  }

  function told() {
    write();
    onTime(player.time);
  }

  function state() {
    const button = find("play");
    button.setAttribute("aria-pressed", String(player.isPlaying));
    button.querySelector("span").textContent = player.isPlaying ? gettext("Pause") : gettext("Play");
    onState();
  }

  if (element) {
    const follow = () => { told(); element.requestVideoFrameCallback?.(follow); };
    element.requestVideoFrameCallback?.(follow);
    element.addEventListener("timeupdate", told);
    element.addEventListener("seeked", () => {
      const next = wanted;
      wanted = null;
      if (next !== null) element.currentTime = next;
      else told();
    });
    for (const type of ["play", "pause", "ended"]) element.addEventListener(type, state);
    find("speed").addEventListener("change", (event) => { element.playbackRate = Number(event.target.value); });
  }
  find("play").addEventListener("click", player.toggle);
  find("seek").addEventListener("input", (event) => player.seek(Number(event.target.value)));
  find("back").addEventListener("click", () => player.step(-1));
  find("forward").addEventListener("click", () => player.step(1));
  shortcuts(gettext("Video"), [
    { key: " ", what: gettext("Play or pause"), run: player.toggle },
    { key: ",", what: gettext("One frame back"), run: () => player.step(-1) },
    { key: ".", what: gettext("One frame forward"), run: () => player.step(1) },
  ]);
  write();
  return player;
}

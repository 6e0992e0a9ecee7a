/** Shows the results as soon as the job card says that the job has ended; not while a clip plays, whose open label would be lost. */

const AFTER_PAUSE_MS = 1000; // a label that ended with the clip is saved by then
const box = document.querySelector("[data-reload-when-done]");
const isOpen = () => Boolean(box.querySelector("[hx-trigger]"));

function reload() {
  const clip = document.querySelector("video");
  if (clip && !clip.paused && !clip.ended) clip.addEventListener("pause", () => setTimeout(reload, AFTER_PAUSE_MS), { once: true });
  else window.location.reload();
}

if (isOpen()) {
  const watcher = new MutationObserver(() => {
    if (isOpen()) return;
    watcher.disconnect();
    reload();
  });
  watcher.observe(box, { childList: true, subtree: true, attributes: true });
}

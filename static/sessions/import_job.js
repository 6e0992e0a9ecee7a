/** Shows the list of results as soon as the job card says that the import has ended. */

const box = document.querySelector("[data-reload-when-done]");
const isOpen = () => Boolean(box.querySelector("[hx-trigger]"));

if (isOpen()) {
  const watcher = new MutationObserver(() => {
    if (isOpen()) return;
    watcher.disconnect();
    window.location.reload();
  });
  watcher.observe(box, { childList: true, subtree: true, attributes: true });
}

/** Small DOM helpers without state. */

/** A new element with a class and, optionally, text. */
export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/** True where the person is typing, so that single-key shortcuts must keep quiet. */
export const isTyping = (target) =>
  target instanceof Element && Boolean(target.closest("input, select, textarea, [contenteditable=true], dialog"));

/** Call `use(element)` once for everything that matches now, and for what is added to the page later. */
export function each(selector, use) {
  const known = new WeakSet();
  const look = (root) => {
    const all = [...root.querySelectorAll(selector)];
    if (root instanceof Element && root.matches(selector)) all.unshift(root);
    for (const element of all) {
      if (known.has(element)) continue;
      known.add(element);
      use(element);
    }
  };
  look(document);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) addedNodes.forEach((node) => { if (node instanceof Element) look(node); });
  }).observe(document.body, { childList: true, subtree: true });
}

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

/**
 * Sentences in the person's language. Django's catalogue is loaded before the modules where the language is not English
 * (base.html); without it the English words stand.
 */

/** @param {string} text an English sentence, a literal, so that it is found for translation */
export function gettext(text) {
  return globalThis.django?.gettext?.(text) ?? text;
}

/** @param {string} one @param {string} many @param {number} n */
export function ngettext(one, many, n) {
  return globalThis.django?.ngettext?.(one, many, n) ?? (n === 1 ? one : many);
}

/** "%(n)s sets" with {n: 3} → "3 sets" @param {string} text @param {Record<string, unknown>} values */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

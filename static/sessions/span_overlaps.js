/** Labels that lie over each other are allowed, but said when one is set. */
import { clock } from "../web/format.js";
import { fill, gettext, ngettext } from "../web/words.js";

const SLACK_S = 0.005;

/** Labels that share time with `span`; rejected ones count for nothing. */
export function overlapping(span, spans) {
  if (span.state === "rejected") return [];
  return spans.filter((one) => one.id !== span.id && one.state !== "rejected"
    && one.start_s < span.end_s - SLACK_S && span.start_s < one.end_s - SLACK_S);
}

/** "Saved, but it overlaps squat (0:10 to 0:14) and 2 other labels. …" or "" where it overlaps nothing. */
export function overlapWords(span, spans) {
  const [first, ...more] = overlapping(span, spans);
  if (!first) return "";
  const words = more.length
    ? ngettext("Saved, but it overlaps %(label)s (%(from)s to %(to)s) and %(n)s other label.",
      "Saved, but it overlaps %(label)s (%(from)s to %(to)s) and %(n)s other labels.", more.length)
    : gettext("Saved, but it overlaps %(label)s (%(from)s to %(to)s).");
  const facts = { label: first.label || gettext("No exercise"), from: clock(first.start_s, 1), to: clock(first.end_s, 1), n: more.length };
  return `${fill(words, facts)} ${gettext("Move an edge, delete one label, or press u to undo.")}`;
}

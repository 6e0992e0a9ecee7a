/**
 * The labels as a table that can be edited: times, label, state.
 *
 *   const table = spanTable(tbody, { labels: () => ["squat", …], onPick, onChange(id, changes), onRemove(id) });
 *   table.draw(spans, selectedId);
 */
import { stateOf } from "../web/chart-spans.js";
import { make } from "../web/dom.js";
import { clock } from "../web/format.js";
import { iconButton } from "../web/icons.js";
import { fill, gettext } from "../web/words.js";

const ORIGINS = {
  person: gettext("Manual"), import: gettext("Imported"), feedback: gettext("Live correction"), model: gettext("Model"), generated: gettext("Simulator"),
};

const nameOf = (span) => span.label || gettext("this label");

function timeInput(span, key, words, onChange) {
  const input = make("input", "num");
  Object.assign(input, { type: "number", step: "0.01", min: "0", value: span[key].toFixed(2) });
  input.setAttribute("aria-label", fill(words, { label: nameOf(span) }));
  input.addEventListener("change", () => {
    const value = Number.parseFloat(input.value);
    if (Number.isFinite(value)) onChange(span.id, { [key]: value });
  });
  return input;
}

function labelSelect(span, labels, onChange) {
  const select = make("select");
  select.setAttribute("aria-label", fill(gettext("Label from %(from)s to %(to)s"), { from: clock(span.start_s), to: clock(span.end_s) }));
  const names = labels.includes(span.label) || !span.label ? labels : [span.label, ...labels];
  if (!span.label) select.append(new Option(gettext("no exercise"), "", true, true));
  for (const name of names) select.append(new Option(name, name, name === span.label, name === span.label));
  select.addEventListener("change", () => {
    const changes = { label: select.value };
    if (span.state === "reviewed_empty") changes.state = "confirmed";
    onChange(span.id, changes);
  });
  return select;
}

function stateCell(span, onChange) {
  const cell = make("td", "nowrap");
  const look = stateOf(span);
  cell.append(make("span", `badge state-${span.state}`, `${look.sign} ${look.words}`));
  if (span.state === "proposed") {
    cell.append(iconButton("check", gettext("Confirm"), () => onChange(span.id, { state: "confirmed" })));
    cell.append(iconButton("cross", gettext("Reject"), () => onChange(span.id, { state: "rejected" })));
  } else if (span.state === "rejected") {
    cell.append(iconButton("undo", gettext("Restore"), () => onChange(span.id, { state: "proposed" })));
  }
  return cell;
}

export function spanTable(body, { labels, onPick, onChange, onRemove }) {
  function row(span, selected) {
    const line = make("tr", span.id === selected ? "selected" : "");
    line.dataset.span = span.id;
    const cells = [make("td"), make("td"), make("td")];
    cells[0].append(labelSelect(span, labels(), onChange));
    cells[1].append(timeInput(span, "start_s", gettext("Start of %(label)s in seconds"), onChange));
    cells[2].append(timeInput(span, "end_s", gettext("End of %(label)s in seconds"), onChange));
    const length = make("td", "num", clock(span.end_s - span.start_s, 1));
    const state = stateCell(span, onChange);
    const origin = make("td", "muted small", ORIGINS[span.origin] ?? "");
    if (span.answered?.label) origin.textContent = fill(gettext("%(origin)s (model: %(label)s)"), { origin: origin.textContent, label: span.answered.label });
    if (span.answered?.video) {
      const link = make("a", "", gettext("from a video"));
      link.href = `/videos/${span.answered.video}/`;
      origin.append(" ", link);
    }
    const actions = make("td", "nowrap");
    actions.append(
      iconButton("search", fill(gettext("Show %(label)s at %(time)s"), { label: nameOf(span), time: clock(span.start_s) }), () => onPick(span.id)),
      iconButton("trash", fill(gettext("Delete %(label)s at %(time)s"), { label: nameOf(span), time: clock(span.start_s) }), () => onRemove(span.id)),
    );
    line.append(...cells, length, state, origin, actions);
    return line;
  }

  return {
    draw(spans, selected) {
      const focused = document.activeElement?.closest?.("tr")?.dataset.span;
      const label = document.activeElement?.getAttribute?.("aria-label");
      if (!spans.length) {
        const line = make("tr");
        const cell = make("td", "muted", gettext("No labels yet. Select a time range in the chart, then choose a label."));
        cell.colSpan = 7;
        line.append(cell);
        body.replaceChildren(line);
        return;
      }
      body.replaceChildren(...spans.map((span) => row(span, selected)));
      if (focused) {
        const again = [...body.querySelectorAll(`tr[data-span="${focused}"] [aria-label]`)];
        again.find((one) => one.getAttribute("aria-label") === label)?.focus();
      }
    },
  };
}

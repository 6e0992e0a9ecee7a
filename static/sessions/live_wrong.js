/** "Wrong?": what the window that was answered, or a whole stretch of the timeline, should have been. */
import { clock } from "../web/format.js";
import { fill, gettext } from "../web/words.js";
import { toastUndo } from "../web/toast.js";
import { said } from "./live_answer.js";

const $ = (id) => document.getElementById(id);

/** Windows of a stretch that cover it without overlap: [start, end] in seconds, rising. */
export function covering(windows) {
  const found = [];
  for (const [start, end] of [...windows].sort((a, b) => a[0] - b[0])) {
    if (!found.length || start >= found.at(-1)[1] - 1e-6) found.push([start, end]);
  }
  return found;
}

/** stage: the Stage; send(correction) tells the server; a label of null takes a correction back. */
export function initWrong(stage, send) {
  const dialog = $("wrong-dialog");
  let fresh = null; // what was just said, until the server has it

  const say = (windows, label) => windows.forEach(([start_s, end_s]) => send({ start_s, end_s, label }));

  function ask({ windows, name }) {
    const from = stage.begin ?? 0;
    const answer = { start_s: windows[0][0], end_s: windows.at(-1)[1] };
    const words = name
      ? gettext("From %(from)s to %(to)s, the model recognised “%(exercise)s”. Your correction is saved for review.")
      : gettext("From %(from)s to %(to)s, the model recognised no exercise. Your correction is saved for review.");
    $("wrong-window").textContent = fill(words, {
      from: clock(answer.start_s - from, 1), to: clock(answer.end_s - from, 1), exercise: name ? stage.bridge.title(name) : "",
    });
    $("wrong-labels").replaceChildren(...stage.labels.map((label) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "secondary";
      button.textContent = label.title;
      button.disabled = label.name === name;
      button.addEventListener("click", () => {
        fresh = windows;
        say(windows, label.name);
        dialog.close();
      });
      return button;
    }));
    dialog.showModal();
  }

  $("live-wrong").addEventListener("click", () => {
    const { answer } = stage;
    if (answer) ask({ windows: [[answer.start_s, answer.end_s]], name: said(answer) });
  });
  stage.timeline.onPick = (bout) => ask({ windows: covering(bout.windows), name: bout.label });

  return {
    /** The server kept a correction: said once for a stretch, with a way back. */
    corrected({ label }) {
      if (label === null || !fresh) return;
      const windows = fresh;
      fresh = null;
      toastUndo(gettext("Saved. Confirm it later."), () => say(windows, null));
    },
  };
}

/** "Wrong?": what the window that was answered should have been. */
import { clock } from "../web/format.js";

const $ = (id) => document.getElementById(id);

/** stage: the Stage; send(correction) tells the server. */
export function initWrong(stage, send) {
  const dialog = $("wrong-dialog");
  $("live-wrong").addEventListener("click", () => {
    const answer = stage.answer;
    if (!answer) return;
    const from = stage.begin ?? 0;
    $("wrong-window").textContent = `From ${clock(answer.start_s - from, 1)} to ${clock(answer.end_s - from, 1)} the model said “${stage.bridge.title(answer.exercise)}”. Your answer becomes a proposed label.`;
    $("wrong-labels").replaceChildren(...stage.labels.map(({ name, title }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "secondary";
      button.textContent = title;
      button.disabled = name === answer.exercise;
      button.addEventListener("click", () => {
        send({ start_s: answer.start_s, end_s: answer.end_s, label: name });
        dialog.close();
      });
      return button;
    }));
    dialog.showModal();
  });
}

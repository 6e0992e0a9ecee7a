/** The series of a guided recording, put together on the page. */
import { clock } from "../web/format.js";
import { fill, gettext, ngettext } from "../web/words.js";

const $ = (id) => document.getElementById(id);
const ENOUGH_S = 300;
const REST_NAMES = ["rest", "idle", "none", "other"];
const MAX_STEPS = 60;

export class GuidedForm {
  /** tasks: [{name, title, layout, labels: [{name, title, seconds}]}]; chosen: a label to begin with. */
  constructor({ tasks, chosen }) {
    Object.assign(this, { tasks, chosen, task: null });
    this.list = $("guided-steps");
    $("guided-add").addEventListener("click", () => this.add({}, true));
    $("guided-task").addEventListener("change", () => this.setTask(this.tasks.find((one) => one.name === $("guided-task").value)));
    $("guided-presets").addEventListener("click", ({ target }) => { if (target.dataset.preset) this.preset(target.dataset.preset); });
    $("guided-plan").addEventListener("change", () => this.sum());
    this.list.addEventListener("click", ({ target }) => {
      const row = target.closest("[data-remove]")?.closest("li");
      if (!row) return;
      (row.nextElementSibling ?? row.previousElementSibling ?? $("guided-add")).querySelector?.("select")?.focus();
      row.remove();
      this.sum();
    });
  }

  /** The sensor has this layout: only its tasks can be taught. */
  setLayout(layout) {
    const fitting = this.tasks.filter((one) => one.layout === layout);
    $("guided-none").hidden = fitting.length > 0 || layout === null;
    $("guided-task-field").hidden = fitting.length < 2;
    for (const id of ["guided-presets", "guided-steps", "guided-add"]) $(id).hidden = fitting.length === 0;
    $("guided-task").replaceChildren(...fitting.map((one) => new Option(one.title, one.name)));
    if (this.task?.layout !== layout) this.setTask(fitting[0] ?? null);
  }

  setTask(task) {
    if (task === this.task) return;
    this.task = task;
    this.list.replaceChildren();
    if (!task) return this.sum();
    if (task.labels.some((one) => one.name === this.chosen)) this.add({ label: this.chosen });
    else this.preset("missing");
    return this.sum();
  }

  get exercises() {
    return this.task?.labels.filter((one) => !REST_NAMES.includes(one.name)) ?? [];
  }

  preset(which) {
    const missing = this.exercises.filter((one) => one.seconds < ENOUGH_S);
    const rows = which === "missing" && missing.length ? missing : this.exercises;
    this.list.replaceChildren();
    rows.forEach((one) => this.add({ label: one.name }));
    this.sum();
  }

  add({ label = "", seconds = 60, rest = 20 }, focus = false) {
    if (!this.task || this.list.children.length >= MAX_STEPS) return;
    const row = $("guided-step").content.cloneNode(true).firstElementChild;
    const field = (name) => row.querySelector(`[data-field="${name}"]`);
    field("label").replaceChildren(...this.task.labels.map((one) => new Option(one.title, one.name)));
    if (label) field("label").value = label;
    field("seconds").value = String(seconds);
    field("rest").value = String(rest);
    this.list.append(row);
    if (focus) field("label").focus();
    this.sum();
  }

  /** [{label, title, seconds, rest}] of all rounds. */
  get steps() {
    const round = [...this.list.children].map((row) => {
      const value = (name) => row.querySelector(`[data-field="${name}"]`).value;
      const label = value("label");
      const title = this.task.labels.find((one) => one.name === label).title;
      return { label, title, seconds: Number(value("seconds")), rest: Number(value("rest")) };
    });
    return Array.from({ length: Number($("guided-rounds").value) }, () => round).flat();
  }

  get countdown() {
    return Number($("guided-countdown").value);
  }

  get hasSound() {
    return $("guided-sound").checked;
  }

  /** The label of rest, where the task has one. */
  get restLabel() {
    return this.task?.labels.find((one) => one.name === "rest")?.name ?? "";
  }

  sum() {
    const { steps } = this;
    const seconds = steps.reduce((sum, step) => sum + step.seconds + this.countdown, 0) + steps.slice(0, -1).reduce((sum, step) => sum + step.rest, 0);
    const words = steps.some((step) => !step.seconds)
      ? ngettext("%(n)s take, at least %(time)s min.", "%(n)s takes, at least %(time)s min.", steps.length)
      : ngettext("%(n)s take, about %(time)s min.", "%(n)s takes, about %(time)s min.", steps.length);
    $("guided-sum").textContent = steps.length ? fill(words, { n: steps.length, time: clock(seconds) }) : gettext("Add an exercise.");
  }
}

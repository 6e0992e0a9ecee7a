// Frames in, repetitions and holds out, each evaluated as it ends: the rules of the report, in the browser.
//
//   const table = await (await fetch("/static/sessions/form/exercises.json")).json();
//   const stream = new FormStream(exerciseOf(table, "squat"), video.videoWidth / video.videoHeight);
//   for (const event of stream.push(seconds, landmarks)) show(event.number, event.judgement.score, event.judgement.cue);
//   stream.finish();                                   // a hold that goes on until the end
//
// The same as mlops/ml/biomechanics/form/stream.py; equal landmarks give equal counts and scores.

import { Body } from "./body.js";
import { Counter } from "./counter.js";
import { counts, judge, truth, viewOf, windowsOf } from "./judge.js";

const LOST_S = 0.7;
const MAX_FRAMES = 1800;

/** The exercise of the table with that key; throws for an unknown one. */
export function exerciseOf(table, key) {
  const found = table.exercises.find((one) => one.key === key);
  if (!found) throw new Error(`no exercise ${key}`);
  return found;
}

export class FormStream {
  constructor(exercise, aspect) {
    this.exercise = exercise;
    this.body = new Body(aspect);
    this.n = 0;
    this.lastEnd = -1e9;
    this.held = [];
    this.began = 0;
    const { signal } = exercise;
    const sides = signal ? (signal.each ? ["left", "right"] : [""]) : [];
    this.counters = sides.map((side) => new Counter(signal.least, exercise.duration_s, side, signal.from_effort));
  }

  /** rest, down or up; held while a hold goes on. */
  get phase() {
    if (this.exercise.kind === "hold") return this.held.length ? "held" : "rest";
    return this.counters.find((one) => one.rising)?.phase ?? "rest";
  }

  /** Seconds for which the hold that goes on has lasted. */
  get heldS() {
    return this.held.length ? this.held.at(-1).t - this.began : 0;
  }

  /** t: seconds, rising; landmarks: 33 points as shares of the picture, or null. Answers the events that ended. */
  push(t, landmarks) {
    const row = this.body.push(t, landmarks);
    this.row = row;
    if (!row) return [];
    if (this.exercise.kind === "hold") return this.#hold(t, row);
    const { signal } = this.exercise;
    const found = [];
    for (const counter of this.counters) {
      const name = counter.side ? `${signal.measure}_${counter.side}` : signal.measure;
      const swing = counter.push(t, signal.sign * row[name], row);
      const event = swing && this.#counted(swing);
      if (event) {
        counter.accept(swing);
        found.push(event);
      }
    }
    return found;
  }

  finish() {
    const ended = this.held;
    this.held = [];
    return this.#ended(ended);
  }

  #counted(swing) {
    const { samples, start, reach, peak, leave, base, top, side } = swing;
    const rows = windowsOf(swing);
    if (!counts(this.exercise, rows, viewOf(rows.all), side)) return null;
    if (side && !isSeen(rows.all, side)) return null;
    if (samples[peak].t <= this.lastEnd) return null;
    const end = samples.at(-1).t;
    this.n += 1;
    this.lastEnd = end;
    const times = {
      down_s: samples[reach].t - samples[start].t,
      up_s: end - samples[leave].t,
      duration_s: end - samples[start].t,
    };
    return {
      number: this.n, start_s: samples[start].t, peak_s: samples[peak].t, end_s: end, down_s: times.down_s,
      pause_s: samples[leave].t - samples[reach].t, up_s: times.up_s, range: top - base, side,
      judgement: judge(this.exercise, rows, times, side),
    };
  }

  #hold(t, row) {
    let ended = [];
    if (this.held.length && t - this.held.at(-1).t > LOST_S) {
      ended = this.held;
      this.held = [];
    }
    if (!ended.length && this.exercise.posture.every((one) => truth(row[one.measure], one) >= 0.5)) {
      if (!this.held.length) this.began = t;
      this.held.push({ t, row });
      if (this.held.length > MAX_FRAMES) this.held.shift();
    }
    return this.#ended(ended);
  }

  #ended(frames) {
    if (!frames.length) return [];
    const [first, end] = [frames[0].t, frames.at(-1).t];
    if (end - this.began < this.exercise.least_s) return [];
    this.n += 1;
    const rows = { all: frames.map((one) => one.row) };
    return [{
      number: this.n, start_s: this.began, peak_s: this.began, end_s: end, down_s: 0, pause_s: end - this.began,
      up_s: 0, range: 0, side: "", judgement: judge(this.exercise, rows, { duration_s: end - first }),
    }];
  }
}

/** Whether that side is the better seen one, or seen well itself: a hidden arm is guessed. */
function isSeen(rows, side) {
  const sorted = (name) => rows.map((one) => one[name]).sort((a, b) => a - b);
  const middle = Math.floor(rows.length / 2);
  const mine = sorted(`side_${side}`)[middle];
  return mine >= 0.6 || mine >= sorted(side === "left" ? "side_right" : "side_left")[middle];
}

// One repetition or hold: does it count, how well was it done, how sure is that.
// The same as mlops/ml/biomechanics/form/judge.py, where the rules are explained.

import { START_SHARE } from "./counter.js";
import { SIDED } from "./measures.js";

const [SIDE_TURN, OBLIQUE_TURN] = [0.5, 0.75];
const [LEAST_SEEN, LEAST_RATE_HZ, LEAST_JUDGED, LEAST_CONFIDENCE] = [0.5, 8, 0.4, 0.35];

export function windowsOf({ samples, start, reach, leave, base, top, restLast }) {
  const rows = samples.map((one) => one.row);
  const low = base + START_SHARE * (top - base);
  const after = samples.slice(leave).filter((one) => one.u <= low);
  return {
    rest: restLast ? after.map((one) => one.row) : rows.slice(0, start + 1),
    down: rows.slice(start, reach + 1),
    bottom: rows.slice(reach, leave + 1),
    up: rows.slice(leave),
    all: rows.slice(start),
  };
}

export function taken(rows, measure, over, take, side = "") {
  const name = side && SIDED.includes(measure) ? `${measure}_${side}` : measure;
  const known = rows[over].map((one) => one[name]).filter((one) => !Number.isNaN(one));
  if (!known.length || 2 * known.length < rows[over].length) return NaN;
  if (take === "moved") return Math.abs(known.at(-1) - known[0]);
  known.sort((a, b) => a - b);
  if (take === "high") return rank(known, 0.9);
  if (take === "low") return rank(known, 0.1);
  if (take === "range") return rank(known, 0.9) - rank(known, 0.1);
  if (take === "change") return rank(known, 0.5) - taken(rows, measure, "rest", "median", side);
  return rank(known, 0.5);
}

export function rank(known, share) {
  const at = share * (known.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, known.length - 1);
  return known[low] + (at - low) * (known[high] - known[low]);
}

export function viewOf(rows) {
  const turn = taken({ all: rows }, "turn", "all", "median");
  if (Number.isNaN(turn) || turn < SIDE_TURN) return "side";
  if (turn < OBLIQUE_TURN) return "oblique";
  return taken({ all: rows }, "towards", "all", "median") > 0 ? "front" : "back";
}

export function truth(value, { least, most, soft }) {
  if (Number.isNaN(value)) return 0.75;
  const margin = Math.min(least === undefined ? 1e9 : value - least, most === undefined ? 1e9 : most - value);
  return Math.min(1, Math.max(0, 0.5 + margin / (2 * soft)));
}

export function counts(exercise, rows, view, side = "") {
  return exercise.counts_if
    .filter((one) => !one.views || one.views.includes(view))
    .every((one) => truth(taken(rows, one.measure, one.over, one.take, side), one) > 0);
}

export function judge(exercise, rows, times, side = "") {
  const view = viewOf(rows.all);
  const [verdicts, unjudged] = [[], []];
  let points = 0;
  for (const fault of exercise.faults) {
    let value = NaN;
    if (fault.views.includes(view)) {
      if (fault.take === "value") value = times[fault.measure] ?? NaN;
      else value = taken(rows, fault.measure, fault.over, fault.take, side);
    }
    if (Number.isNaN(value)) unjudged.push(fault.key);
    else {
      verdicts.push(verdict(fault, value));
      points += fault.points;
    }
  }
  verdicts.sort((a, b) => b.cost - a.cost);
  const share = points / Math.max(1, exercise.faults.reduce((sum, one) => sum + one.points, 0));
  const seen = Math.min(...exercise.needs.map((one) => taken(rows, `seen_${one}`, "all", "median")));
  const rate = times.duration_s > 0 ? (rows.all.length - 1) / times.duration_s : 0;
  const confidence = confidenceOf(seen, view, rows, rate);
  const reason = reasonOf(exercise, view, share, seen, rate, confidence);
  const cost = verdicts.reduce((sum, one) => sum + one.cost, 0);
  const score = reason ? null : Math.max(0, 100 - cost);
  const cue = !reason && verdicts.length && verdicts[0].cost > 0 ? verdicts[0].cue : "";
  return { score, confidence, reason, view, cue, verdicts, unjudged };
}

function verdict({ key, limit, worst, points, cue, sentence, source, risk }, value) {
  const severity = Math.min(1, Math.max(0, (value - limit) / (worst - limit)));
  return { fault: key, value, limit, severity, cost: severity * points, cue, sentence, source, risk };
}

function confidenceOf(seen, view, rows, rate) {
  const jitter = taken(rows, "jitter", "all", "median");
  const calm = Math.min(1, Math.max(0.2, 1 - (jitter - 0.02) / 0.15));
  return (Number.isNaN(seen) ? 0 : Math.min(1, seen)) * (view === "oblique" ? 0.8 : 1) * calm * Math.min(1, rate / 15);
}

function reasonOf(exercise, view, share, seen, rate, confidence) {
  if (!exercise.views.includes(view)) return "view";
  if (Number.isNaN(seen) || seen < LEAST_SEEN) return "hidden";
  if (rate < LEAST_RATE_HZ) return "rate";
  if (share < LEAST_JUDGED) return "view";
  return confidence < LEAST_CONFIDENCE ? "unsure" : "";
}

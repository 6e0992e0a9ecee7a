"""From the landmarks of a clip to a report: exercise, repetitions, scores, angles, notes."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.biomechanics.form import reasons
from mlops.ml.biomechanics.form.judge import rank, taken, view_of
from mlops.ml.biomechanics.form.measures import Body, Measures
from mlops.ml.biomechanics.form.recognise import Recognition, recognise
from mlops.ml.biomechanics.form.refine import refine
from mlops.ml.biomechanics.form.report import VERSION, FormReport, Repetition
from mlops.ml.biomechanics.form.size import m_per_unit
from mlops.ml.biomechanics.form.stream import Event, Tracker
from mlops.ml.biomechanics.form.table import Exercise, document, exercise_for, exercises
from mlops.ml.contract import BadValue

Floats = npt.NDArray[np.float64]
BENDS = ("knee", "hip", "ankle", "elbow", "shoulder")
ANGLES = tuple(f"{joint}_{side}" for joint in BENDS for side in ("left", "right"))
FRONTAL = ("elbow_left", "elbow_right", "shoulder_left", "shoulder_right", "valgus_left", "valgus_right", "trunk")
JOINTS = ("knee", "hip", "ankle", "elbow", "shoulder", "trunk", "thigh")
LEAST_SEEN_S = 1.0


def analyse(
    landmarks: npt.ArrayLike,
    times: npt.ArrayLike,
    aspect: float,
    *,
    exercise: str | None = None,
    height_m: float | None = None,
) -> FormReport:
    """The form of one person in a clip.

    landmarks  (frames, 33, 4): x and y as shares of the picture, z, visibility; NaN where nobody is seen
    times      (frames,) seconds, rising
    aspect     width / height of the picture in pixels
    exercise   a key of the table; None: recognised
    height_m   the person's height, for lengths in metres

    Raises BadValue for arrays that don't fit and an unknown exercise.
    """
    points, t_s = _checked(landmarks, times, aspect, height_m)
    named = None if exercise is None else exercise_for(exercise)
    rows = measures_of(points, t_s, aspect)
    refined = refine(points, t_s, aspect)
    clean = measures_of(refined, t_s, aspect, is_smooth=True)
    found = _recognised(named, t_s, rows)
    chosen = exercises().get(found.key)
    events = found.events.get(found.key, [])
    seen = [row for row in rows if row is not None]
    view = view_of([row for event in events for row in event.rows["all"]] or seen) if seen else "side"
    repetitions = tuple(_repetition(one, chosen, t_s, clean) for one in events) if chosen else ()
    rate_hz = 1.0 / float(np.median(np.diff(t_s))) if len(t_s) > 1 else 0.0
    return FormReport(
        version=VERSION,
        exercise=_exercise(chosen, found, was_given=named is not None),
        view=view,
        subject=_subject(t_s, rows),
        rate_hz=rate_hz,
        score=_mean([one.score for one in repetitions if one.score is not None]),
        confidence=_mean([one.confidence for one in repetitions if one.score is not None]) or 0.0,
        reason=reasons.reason_of(_reason(chosen, repetitions, seen, t_s, view)),
        repetitions=repetitions,
        risks=_risks(repetitions),
        times_s=tuple(float(one) for one in t_s),
        angles=_angles(clean, view),
        phases=_phases(chosen, events),
        height_m=height_m,
        m_per_unit=m_per_unit(refined, aspect, height_m),
        notes=_notes(chosen, found, repetitions, view, rate_hz, height_m),
    )


def measures_of(points: Floats, t_s: Floats, aspect: float, *, is_smooth: bool = False) -> list[Measures | None]:
    """Of each frame, None where nobody is seen; is_smooth: the points need no smoothing any more."""
    body = Body(aspect, is_smooth=is_smooth)
    seen = np.isfinite(points[:, :, [0, 1, 3]]).all((1, 2))
    return [
        body.push(t, one if ok else None)
        for t, one, ok in zip(t_s.tolist(), points.tolist(), seen.tolist(), strict=True)
    ]


def _checked(landmarks: Any, times: Any, aspect: float, height_m: float | None) -> tuple[Floats, Floats]:
    points, t_s = np.asarray(landmarks, float), np.asarray(times, float)
    if points.ndim != 3 or points.shape[1] != 33 or points.shape[2] < 4 or t_s.shape != points.shape[:1]:
        raise BadValue("landmarks must be (frames, 33, 4), with as many times as frames")
    if not (np.isfinite(t_s).all() and (np.diff(t_s) > 0).all()):
        raise BadValue("times must rise")
    if not (np.isfinite(aspect) and aspect > 0):
        raise BadValue("aspect is the picture's width divided by its height")
    if height_m is not None and not 0.5 <= height_m <= 2.6:
        raise BadValue("height_m must be between 0.5 and 2.6")
    return points[:, :, :4], t_s


def _recognised(named: Exercise | None, t_s: Floats, rows: list[Measures | None]) -> Recognition:
    times = t_s.tolist()
    if named is None:
        return recognise(times, rows)
    tracker = Tracker(named)
    events = [event for t, row in zip(times, rows, strict=True) for event in tracker.push(t, row)]
    return Recognition(named.key, 1.0, 1.0, (), {named.key: events + tracker.finish()})


def _exercise(chosen: Exercise | None, found: Recognition, *, was_given: bool) -> dict[str, Any]:
    return {
        "key": chosen.key if chosen else "",
        "title": chosen.title if chosen else "",
        "kind": chosen.kind if chosen else "",
        "is_given": was_given,
        "fit": found.fit,
        "margin": found.margin,
        "alternatives": [{"key": key, "fit": fit} for key, fit in found.fits[:4] if key != found.key],
    }


def _subject(t_s: Floats, rows: Sequence[Measures | None]) -> dict[str, Any]:
    seen = [n for n, row in enumerate(rows) if row is not None]
    if not seen:
        return {"start_s": None, "end_s": None, "share_seen": 0.0}
    return {"start_s": float(t_s[seen[0]]), "end_s": float(t_s[seen[-1]]), "share_seen": len(seen) / len(rows)}


def _reason(
    chosen: Exercise | None, repetitions: tuple[Repetition, ...], seen: list[Measures], t_s: Floats, view: str
) -> str:
    if len(t_s) < 2 or len(seen) * float(np.median(np.diff(t_s))) < LEAST_SEEN_S:
        return "nobody"
    if chosen is None:
        return "unknown"
    if not repetitions:
        return ("short" if chosen.is_hold else "none") if view in chosen.views else "view"
    if any(one.score is not None for one in repetitions):
        return ""
    codes = [one.reason["code"] for one in repetitions if one.reason]
    return max(codes, key=codes.count)


def _repetition(event: Event, exercise: Exercise, t_s: Floats, clean: list[Measures | None]) -> Repetition:
    first, last = np.searchsorted(t_s, event.start_s), np.searchsorted(t_s, event.end_s, side="right")
    rows = [row for row in clean[int(first) : int(last)] if row is not None]
    judged = event.judgement
    depth = next((one for one in judged.verdicts if one.fault.startswith(("shallow", "short", "low"))), None)
    measure = next((one.measure for one in exercise.faults if depth and one.key == depth.fault), "")
    return Repetition(
        number=event.number,
        start_s=event.start_s,
        peak_s=_peak(event, exercise, t_s, clean),
        end_s=event.end_s,
        down_s=event.down_s,
        pause_s=event.pause_s,
        up_s=event.up_s,
        side=event.side,
        view=judged.view,
        ranges=_ranges(rows, judged.view, event.side),
        depth={"measure": measure, "value": depth.value} if depth else None,
        symmetry=_symmetry(exercise, rows, judged.view),
        score=judged.score,
        confidence=judged.confidence,
        reason=reasons.reason_of(judged.reason),
        cue=judged.cue,
        checks=tuple(vars(one) for one in judged.verdicts),
        unjudged=judged.unjudged,
    )


def _peak(event: Event, exercise: Exercise, t_s: Floats, clean: list[Measures | None]) -> float:
    """The turn in the refined clip, which lags behind nothing."""
    signal = exercise.signal
    if signal is None:
        return event.peak_s
    name = signal.measure + (f"_{event.side}" if event.side else "")
    near = range(int(np.searchsorted(t_s, event.peak_s - 0.4)), int(np.searchsorted(t_s, event.peak_s + 0.2)))
    known = [
        (signal.sign * row[name], -n) for n in near if (row := clean[n]) is not None and not isnan(row[name])
    ]
    return float(t_s[-max(known)[1]]) if known else event.peak_s


def _ranges(rows: list[Measures], view: str, side: str) -> dict[str, tuple[float, float]]:
    if view not in ("side", "oblique"):
        return {}
    found = {}
    for joint in JOINTS:
        if not isnan(taken({"all": rows}, joint, "all", "median", side)):
            name = f"{joint}_{side}" if side and f"{joint}_{side}" in rows[0] else joint
            known = sorted(row[name] for row in rows if not isnan(row[name]))
            found[joint] = (rank(known, 0.02), rank(known, 0.98))
    return found


def _symmetry(exercise: Exercise, rows: list[Measures], view: str) -> float | None:
    """Smaller range of motion of the two sides divided by the larger; arms by the height of the hands."""
    has_arms = "wrist" in exercise.needs
    if view == "side" or (not has_arms and view != "oblique") or (exercise.signal is not None and exercise.signal.each):
        return None
    measure = "wrist_height" if has_arms else "knee"
    left, right = (taken({"all": rows}, measure, "all", "range", side) for side in ("left", "right"))
    largest = max(left, right)
    return min(left, right) / largest if largest > 0 else None


def _risks(repetitions: tuple[Repetition, ...]) -> tuple[dict[str, Any], ...]:
    """Each risk factor once: in how many repetitions, the mean severity, sentence and source."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in repetitions:
        for fault in one.risks if one.score is not None else ():
            found.setdefault(fault["fault"], []).append(fault)
    rows = [
        {
            "fault": key,
            "n_repetitions": len(faults),
            "severity": float(np.mean([one["severity"] for one in faults])),
            "sentence": faults[0]["sentence"],
            "source": document()["sources"][faults[0]["source"]],
        }
        for key, faults in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: -row["severity"] * row["n_repetitions"]))


def _angles(clean: list[Measures | None], view: str) -> dict[str, tuple[float | None, ...]]:
    """Degrees over time from the refined clip; what the view cannot show is left out."""
    names = (*ANGLES, "trunk") if view in ("side", "oblique") else FRONTAL
    return {
        name: tuple(None if row is None or isnan(row[name]) else round(row[name], 2) for row in clean)
        for name in names
    }


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _phases(chosen: Exercise | None, events: list[Event]) -> tuple[dict[str, Any], ...]:
    found: list[dict[str, Any]] = []
    for one in events:
        if chosen is None or not chosen.phases:
            found.append({"repetition": one.number, "phase": "hold", "start_s": one.start_s, "end_s": one.end_s})
            continue
        marks = (one.start_s, one.start_s + one.down_s, one.end_s - one.up_s, one.end_s)
        for phase, start, end in zip(chosen.phases, marks[:-1], marks[1:], strict=True):
            found.append({"repetition": one.number, "phase": phase, "start_s": start, "end_s": end})
    return tuple(found)


def _notes(
    chosen: Exercise | None,
    found: Recognition,
    repetitions: tuple[Repetition, ...],
    view: str,
    rate_hz: float,
    height_m: float | None,
) -> tuple[str, ...]:
    notes = list(reasons.ALWAYS)
    if view == "side":
        notes.append(reasons.FROM_SIDE)
    if view == "oblique":
        notes.append(reasons.OBLIQUE)
    notes.append(reasons.NO_HEIGHT if height_m is None else reasons.HEIGHT)
    if rate_hz < 15:
        notes.append(reasons.COARSE)
    if chosen is not None:
        notes += [document()["unseen"][key] for key in chosen.unseen]
        if len(repetitions) == 1 and found.margin < 1.0 and not chosen.is_hold:
            notes.append(reasons.SINGLE)
    return tuple(notes)

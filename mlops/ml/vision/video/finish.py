"""From the rows of all segments to the file: people, subject, gaps, and what the file says about itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue, UnreadableInput
from mlops.ml.vision.video.facts import VideoFacts
from mlops.ml.vision.video.gaps import fill_short, gaps_of
from mlops.ml.vision.video.options import OWN, SEGMENT_S, VERSION, ExtractOptions
from mlops.ml.vision.video.people import Person, people_of
from mlops.ml.vision.video.rows import BODY, HANDS, Rows, joined
from mlops.ml.vision.video.segment import Segment
from mlops.ml.vision.video.table import Subject, Things, facts_of_file, write

Load = Callable[[int], tuple[Rows, Mapping[str, Any]]]
NO_DETECTOR = "No object detector was at hand: the columns of objects and of distances to them are empty."
OWN_DETECTOR = (
    "Objects were found by FitBalance's own detector. It learned from generated scenes alone, so it misses most real "
    "objects and takes some other things for them."
)
MOST_PEOPLE, MOST_GAPS = 20, 200


def finish(
    output: Path,
    load: Load,
    segments: Sequence[Segment],
    facts: VideoFacts,
    options: ExtractOptions,
    *,
    networks: Mapping[str, Any],
    labels: Mapping[int, str] | None,
    video_id: str,
) -> dict[str, Any]:
    """Write the file; returns what it says about itself.

    load  rows and facts of a segment by its number; loaded twice, so that of many people only
          the subject lies in memory as a whole
    Raises BadValue where there is no such subject, UnreadableInput where no frame could be decoded.
    """
    rows, more = _loaded(load, len(segments))
    if not len(rows.number):
        raise UnreadableInput("No frame of this video can be shown: it is damaged.", code="unreadable_media")
    t_s, size = facts.t_s[rows.number], (facts.width, facts.height)
    people = people_of(rows, t_s, size)
    rows = _without(rows, "bodies", "looks")
    if people and options.subject >= len(people):
        raise BadValue(f"there are {len(people)} people in this video; subject counts from 0")
    person = people[options.subject] if people else None
    subject = _subject(rows, person, t_s, (load(number)[0] for number in range(len(segments))))
    notes = [*facts.notes, *(note for one in more for note in one["notes"])]
    if (lost := sum(one.n_rows for one in segments) - len(rows.number)) > 0:
        notes.append(f"{lost} frames could not be decoded and have no row.")
    notes += _notes_of_people(options, people, subject)
    missing = _missing(rows, subject, t_s)
    notes += [_sentence(one) for one in missing] if options.finds_bodies else []
    if labels is not None:
        notes += _notes_of_labels(labels, rows, facts)
    things = _things(rows, more) if options.finds_objects else None
    if options.detector != "mediapipe" and things is None:
        notes.append(NO_DETECTOR)
    if options.finds_objects and options.objects == OWN:
        notes.append(OWN_DETECTOR)
    said = {
        "version": VERSION,
        "detector": options.detector,
        "sample_rate": options.sample_rate,
        "segment_s": SEGMENT_S,
        "networks": networks,
        "objects": None if things is None else list(things.labels),
        "video": _video(facts),
        "people": [_person(one, t_s) for one in people[:MOST_PEOPLE]],
        "subject": options.subject if people else None,
        "missing": missing,
        "n_rows": len(rows.number),
        "notes": notes,
    }
    write(
        output,
        video_id=video_id,
        number=rows.number,
        t_s=t_s,
        size=size,
        subject=subject,
        n_people=rows.n_bodies,
        things=things,
        labels=labels,
        facts=said,
    )
    return facts_of_file(output)


def _loaded(load: Load, n: int) -> tuple[Rows, list[Mapping[str, Any]]]:
    """Rows of all segments without hands, and the facts of each."""
    parts, more = [], []
    for number in range(n):
        rows, facts = load(number)
        parts.append(_without(rows, "hands", "free_hands"))
        more.append(facts)
    return joined(parts), more


def _without(rows: Rows, *names: str) -> Rows:
    """A copy of nothing, so that the arrays are freed."""
    return replace(rows, **{name: getattr(rows, name)[:0].copy() for name in names})


def _subject(
    rows: Rows, person: Person | None, t_s: npt.NDArray[np.float64], parts: Iterable[Rows]
) -> Subject:
    """Pose and hands of a person in all rows; without anybody, hands that were found by themselves."""
    n = len(rows.number)
    pose = np.full((n, *BODY), np.nan, np.float32)
    hands = np.full((n, *HANDS), np.nan, np.float32)
    row, body = 0, 0
    for part in parts:
        here = slice(row, row + len(part.number))
        if person is None:
            hands[here] = part.free_hands
        else:
            own = person.body[here]
            seen = np.flatnonzero(own >= 0)
            pose[row + seen], hands[row + seen] = part.bodies[own[seen] - body], part.hands[own[seen] - body]
        row, body = here.stop, body + len(part.bodies)
    if person is None:
        return Subject(pose, hands, np.zeros(n, bool), False)
    return Subject(pose, hands, fill_short(pose, person.is_seen, t_s), True)


def _things(rows: Rows, more: Sequence[Mapping[str, Any]]) -> Things:
    labels = max((tuple(one["labels"]) for one in more), key=len)
    if not ((rows.objects[:, 0] >= 0) & (rows.objects[:, 0] < max(1, len(labels)))).all():
        raise UnreadableInput("it is damaged: reading it broke off", code="damaged")
    boxes = np.split(rows.objects, np.cumsum(rows.n_objects)[:-1])
    return Things(boxes, labels, frozenset(n for n, name in enumerate(labels) if name == "person"))


def _missing(rows: Rows, subject: Subject, t_s: npt.NDArray[np.float64]) -> list[dict[str, Any]]:
    """Gaps that stay open."""
    open_gaps = gaps_of(np.isfinite(subject.pose[:, 0, 0]))
    return [
        {
            "first_frame": int(rows.number[one.first]),
            "last_frame": int(rows.number[one.last]),
            "from_s": round(float(t_s[one.first]), 3),
            "to_s": round(float(t_s[one.last]), 3),
        }
        for one in open_gaps[:MOST_GAPS]
    ]


def _sentence(gap: Mapping[str, Any]) -> str:
    where = f"{gap['from_s']:.1f} to {gap['to_s']:.1f} s"
    return f"No person in frames {gap['first_frame']} to {gap['last_frame']} ({where})."


def _notes_of_people(options: ExtractOptions, people: Sequence[Person], subject: Subject) -> list[str]:
    notes = []
    if len(people) > 1:
        notes.append(f"{len(people)} people were seen; person {options.subject} was followed.")
    if not people and np.isfinite(subject.hands).any():
        notes.append("No person was seen, only hands.")
    return notes


def _notes_of_labels(labels: Mapping[int, str], rows: Rows, facts: VideoFacts) -> list[str]:
    outside = [frame for frame in labels if frame >= len(facts.t_s)]
    if not set(labels) - set(outside):
        return ["None of the labels belongs to a frame of this video."]
    if outside:
        return [f"{len(outside)} labels name frames after the last one ({len(facts.t_s) - 1}) and were left out."]
    return []


def _person(person: Person, t_s: npt.NDArray[np.float64]) -> dict[str, Any]:
    seen = np.flatnonzero(person.is_seen)
    return {
        "from_s": round(float(t_s[seen[0]]), 3),
        "to_s": round(float(t_s[seen[-1]]), 3),
        "share": round(len(seen) / len(t_s), 4),
        "score": round(person.score, 5),
        "best_s": round(float(t_s[person.best]), 3),
        "box": [round(one, 4) for one in person.box],
    }


def _video(facts: VideoFacts) -> dict[str, Any]:
    named = "container codec width height rotation rate_hz average_rate_hz is_variable has_sound start_s".split()
    return {name: getattr(facts, name) for name in named} | {
        "n_frames": len(facts.t_s),
        "duration_s": round(float(facts.t_s[-1]), 3),
    }

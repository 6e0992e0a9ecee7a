"""Every kind with people in it: who teaches, what is asked, and settings that train in a second or two.

A toy kind's sources are made of athletes, two each; the real kinds get
recordings and check-ins as their apps store them.
"""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from django.http import Http404
from django.utils import timezone

from accounts.models import Athlete, Consent, ConsentKind
from accounts.services.athletes import athlete_for
from mlops.kinds.base import register, task_kind
from mlops.kinds.questions import Payload
from mlops.kinds.shards import Source
from tests.kinds import worlds
from tests.mlops.toy_app.kind import Recovery
from tests.people import make_user

N_PEOPLE = 6


@dataclass
class House:
    """One kind in the engine.

    people       athletes whose data teaches
    form         what the page's form is given for the kind's own questions
    config       settings of its first estimator
    searched     the space of a study
    build        options of a build
    payloads     requests of the first of the people
    corrections  words about an answer: "label" or "correction" of the feedback API
    withheld     number of the payload whose answer is withheld; None for kinds that never withhold
    anybodys     number of a payload that anybody may ask, not only the first of the people
    folds        whether each group in turn is quick enough to be tried
    """

    kind: Any
    people: Sequence[Athlete]
    payloads: Sequence[Payload]
    labels: Sequence[str] = ()
    form: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    searched: dict[str, Any] = field(default_factory=dict)
    build: dict[str, Any] = field(default_factory=dict)
    corrections: Sequence[dict[str, Any]] = ()
    withheld: int | None = None
    anybodys: int = 0
    folds: bool = True

    @property
    def estimator(self) -> str:
        return self.kind.estimators[0]


def athlete_who_teaches(name: str, scope: str) -> Athlete:
    """An athlete whose data of this scope may teach models."""
    athlete = athlete_for(make_user(name))
    Consent.objects.create(athlete=athlete, kind=ConsentKind.LEARNING, scope=scope)
    return athlete


def toy(name: str) -> House:
    """A toy kind whose sources belong to athletes, two each, and one to nobody."""
    scope = worlds.TOYS[name](None, make_user("nobody"))[0].learning_scope
    people = [athlete_who_teaches(f"{name}{i}", scope) for i in range(N_PEOPLE)]
    sources = [Source(f"s{i}{part}", people[i].pseudonym) for i in range(N_PEOPLE) for part in "ab"]
    kind, world = worlds.TOYS[name]([*sources, Source("public", rights="CC0")], people[0].user)
    register(kind)
    form = {field: str(value) for field, value in world.input.items()}
    words = "label" if kind.name == "toy_photo" else "correction"
    return House(
        kind, people, world.payloads, world.labels, form, dict(world.config), {"penalty": {"low": 0.01, "high": 10.0}},
        dict(world.build), [{words: one} for one in world.corrections],
        {"toy_voice": 3, "toy_day": 2}.get(name), int(name == "toy_day"),
    )  # fmt: skip


def recovery() -> House:
    """The oldest toy: rows of made-up people without accounts."""
    from mlops.ml.registry import register as register_estimator

    register_estimator("toy", "toy_ridge", "tests.mlops.toy_app.ridge:Ridge")
    register(Recovery())
    asker = athlete_who_teaches("recovery", "sensor")
    return House(
        task_kind("toy_recovery"), [asker], [Payload({"inputs": [[0.1, 0.2, 0.3], [1, 0, 0]]})],
        form={"horizon_days": "2"}, searched={"penalty": {"low": 0.1, "high": 100.0}},
        corrections=[{"correction": 5.0}],
    )  # fmt: skip


def sensors() -> House:
    """Recordings of six people with two exercises each."""
    people = [athlete_who_teaches(f"mover{i}", "sensor") for i in range(N_PEOPLE)]
    for athlete in people:
        _recording(athlete, [(0, 28, "squat"), (32, 60, "row")])
    window = np.column_stack([np.sin(np.arange(50) / 50), *[np.zeros(50)] * 5]).tolist()
    return House(
        task_kind("sensor_classification"), people, [Payload({"windows": [window]})], ("squat", "row"),
        {"layout": "imu6", "window_s": "1", "stride_s": "1"}, {"n_dilations": 2, "n_biases": 2},
        {"n_biases": {"low": 2, "high": 3}}, {"balance": "upsample"},
        [{"label": "squat"}, {"label": "row"}, {"label": ""}],
    )  # fmt: skip


def phases() -> House:
    """The same recordings with a phase for every moment."""
    people = [athlete_who_teaches(f"mover{i}", "sensor") for i in range(4)]
    for athlete in people:
        _recording(athlete, [(at, at + 5, ("down", "up")[at // 5 % 2]) for at in range(0, 60, 5)])
    window = np.column_stack([np.sin(np.arange(50) / 50), *[np.zeros(50)] * 5]).tolist()
    return House(
        task_kind("movement_phase"), people, [Payload({"windows": [window]})], ("down", "up"),
        {"layout": "imu6", "window_s": "1", "stride_s": "1"},
        {"epochs": 8, "width": 8, "n_blocks": 2, "batch_size": 8}, {"width": {"low": 4, "high": 8}},
        corrections=[{"label": "down"}, {"label": "up"}, {"label": ""}], folds=False,
    )  # fmt: skip


def videos() -> House:
    """Feature files of six people who stand and squat."""
    from mlops.ml.vision.task_columns import FeaturePlan

    people = filmed_people()
    window = np.zeros((16, len(FeaturePlan("mediapipe").names))).tolist()
    window[3][2] = None
    return House(
        task_kind("video_task"), people, [Payload({"features": f"{0:032x}"}), Payload({"windows": [window]})],
        ("idle", "squat"), {"detector": "mediapipe", "rate_hz": "8"}, {"n_estimators": 8},
        {"n_estimators": {"low": 2, "high": 8}}, {"include_generated": False, "balance": "upsample"},
        [{"label": "squat"}, {"label": "idle"}, {"label": ""}], anybodys=1,
    )  # fmt: skip


def movements() -> House:
    """The same files, asked by their embeddings."""
    from mlops.ml.vision.movement.embedding import STATISTICS, vector_names

    people = filmed_people()
    vector: list[float | None] = [0.0] * len(vector_names(STATISTICS))
    vector[3] = None
    asked = {"features": f"{0:032x}", "spans": [[1, 4], [7, 10]]}
    return House(
        task_kind("movement_head"), people,
        [Payload({"features": f"{0:032x}"}), Payload({"inputs": [vector]}), Payload(asked)],
        ("idle", "squat"), {"question": "exercise", "window_s": "2"}, {"epochs": 20},
        {"hidden": {"low": 0, "high": 8}}, {"include_generated": False, "balance": "upsample"},
        [{"label": "squat"}, {"label": "idle"}, {"label": ""}], anybodys=1,
    )  # fmt: skip


def filmed_people() -> list[Athlete]:
    """Six people with a feature file each, on a shelf."""
    from sessions.selectors.video_features import EmptyShelf, VideoFeatures, shelf_register

    people = [athlete_who_teaches(f"filmed{i}", "sensor") for i in range(N_PEOPLE)]
    rows = [
        VideoFeatures(
            f"{i:032x}", path, 0.0, 24.0, {"idle": 12.0, "squat": 12.0}, owner=athlete.pseudonym, athlete_id=athlete.pk
        )
        for i, (athlete, path) in enumerate(zip(people, _feature_files(), strict=True))
    ]

    class Shelf(EmptyShelf):
        decided: list[tuple[str, str]] = []

        def teaching(self):
            taught = set(Athlete.objects.learnable("sensor").values_list("pseudonym", flat=True))
            return [row for row in rows if row.owner in taught]

        def get_for(self, *, user, key):
            own = [row for row in rows if row.key == key and row.athlete_id == user.athlete.pk]
            if not own:
                raise Http404
            return own[0]

        def unlabelled(self):
            return [replace(row, spans=((0.0, 12.0, "idle"),)) for row in self.teaching()]

        def decide(self, item, *, action, label, by):
            self.decided.append((action, label))

    shelf_register(Shelf())
    return people


@cache
def _feature_files() -> list[Path]:
    """One for each person, made once."""
    from mlops.ml.vision.task_generator import Video, write_video

    folder = Path(tempfile.mkdtemp(prefix="fitbalance-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    bouts = [("idle", 6.0), ("squat", 6.0)] * 2
    return [write_video(folder / f"{i}.parquet", Video(f"video{i}", i, 24.0, 8.0, bouts)) for i in range(N_PEOPLE)]


def outcomes() -> House:
    """Check-ins of people whom an injury hit after hard weeks, and of some whom it did not."""
    from burnout.models import CheckIn, Outcome

    people = [athlete_who_teaches(f"keeper{i:02d}", "days") for i in range(15)]
    for number, athlete in enumerate(people):
        rng = np.random.default_rng(number)
        begin = timezone.now().date() - timedelta(days=150)
        injuries = [50, 120] if number < 12 else []
        days = []
        for i in range(150):
            hard = any(0 <= at - i < 35 for at in injuries)
            days.append(CheckIn(
                athlete=athlete, day=begin + timedelta(days=i), stress=int(rng.integers(2, 6)), mood=4, fatigue=4,
                soreness=5 if hard else 3, sleep_quality=4, sleep_hours=round(float(rng.normal(7.2, 0.5)), 1),
                workload=float(rng.normal(600 if hard else 300, 60)), resting_hr=60 + float(rng.normal(0, 1)),
            ))  # fmt: skip
        CheckIn.objects.bulk_create(days)
        for at in injuries:
            day = begin + timedelta(days=at)
            Outcome.objects.create(
                athlete=athlete, kind="injury", began_on=day, ended_on=day + timedelta(days=7), judged_by="professional"
            )
    return House(
        task_kind("outcome_risk"), people, [Payload({"inputs": [{}]})], form={"outcome": "injury"},
        searched={"penalty": {"low": 0.001, "high": 1.0}}, build={"include_generated": False},
        corrections=[{"correction": "about_right"}, {"correction": "too_high"}], folds=False,
    )  # fmt: skip


def forms() -> House:
    """Judged repetitions of six people: their squats are good, their deadlifts are not."""
    from sessions.selectors.form_repetitions import EmptyShelf, JudgedRepetition, repetition_shelf_register

    people = [athlete_who_teaches(f"lifter{i}", "sensor") for i in range(N_PEOPLE)]
    judged, asked = _judged_repetitions()

    class Shelf(EmptyShelf):
        def teaching(self):
            taught = set(Athlete.objects.learnable("sensor").values_list("pseudonym", flat=True))
            return [
                JudgedRepetition(athlete.pseudonym, x, truth, owner=athlete.pseudonym)
                for athlete, own in zip(people, judged, strict=True)
                for x, truth in own
                if athlete.pseudonym in taught
            ]

    repetition_shelf_register(Shelf())
    return House(
        task_kind("form"), people, [Payload({"repetitions": [one]}) for one in asked],
        config={"epochs": 8, "batch_size": 8, "learning_rate": 4e-3}, build={"include_generated": False},
        searched={"dropout": {"low": 0.0, "high": 0.3}},
        corrections=[{"correction": {"form_score": 95.0, "exercise": "squat"}}, {"correction": {"form_score": 5}}],
        folds=False,
    )  # fmt: skip


@cache
def _judged_repetitions() -> tuple[list[list[tuple[Any, dict[str, Any]]]], list[dict[str, Any]]]:
    """Two squats and two deadlifts of each person, and two repetitions as a request holds them; made once."""
    from mlops.ml.biomechanics.generator import generate_repetition, make_body
    from mlops.ml.biomechanics.geometry import ANGLES
    from mlops.ml.biomechanics.preparing import prepared

    judged, asked = [], []
    for i in range(N_PEOPLE):
        own = []
        for number in range(4):
            exercise, score = (("squat", 95.0), ("deadlift", 35.0))[number % 2]
            made = generate_repetition(exercise, {}, "right", 10 * i + number, body=make_body(i), jitter=0.3)
            aspect = made.camera.width / made.camera.height
            angles = [made.truth[0].angles[name] for name in ANGLES]
            truth = {"exercise": exercise, "form_score": score + i, "risk": 100 - score, "joint_angles": angles}
            own.append((prepared(made.landmarks, made.times, aspect), truth))
            if i == 0 and number < 2:
                asked.append({"landmarks": made.landmarks.tolist(), "times": made.times.tolist(), "aspect": aspect})
        judged.append(own)
    return judged, asked


def _recording(athlete: Athlete, labels: Sequence[tuple[float, float, str]]) -> None:
    """60 s at 50 Hz whose first channels say the label."""
    import uuid

    from mlops.ml.sensors.recording_file import write_recording
    from sessions.models import Recording, RecordingSource, SensorLayout, Span
    from sessions.selectors.layouts import layout_of
    from sessions.services.recordings import recording_store
    from sessions.services.workouts import workout_create

    layout = SensorLayout.objects.get(key="imu6")
    t = np.arange(60 * 50) / 50
    samples = np.random.default_rng(athlete.pk).normal(0, 0.05, (len(t), len(layout.channels))).astype(np.float32)
    names = sorted({label for _, _, label in labels})
    for start, end, label in labels:
        inside = (start <= t) & (t < end)
        samples[inside, 0] += np.sin(2 * np.pi * t[inside] * (1 + 2 * names.index(label)))
        samples[inside, 1] += names.index(label)
    workout = workout_create(athlete=athlete, title="Legs")
    row = recording_store(
        pk=uuid.uuid4(),
        session_for=lambda _: workout,
        layout=layout,
        source=RecordingSource.IMPORT,
        fill=lambda folder: write_recording(folder / "samples.parquet", layout_of(layout), [(t, samples)]),
        started_at=lambda _: workout.started_at,
    )
    Span.objects.bulk_create(
        Span(recording_id=row.pk, start_s=start, end_s=end, label=label) for start, end, label in labels
    )
    Recording.objects.filter(pk=row.pk).update(reviewed_at=timezone.now())


HOUSES: dict[str, Callable[[], House]] = {
    **{name: (lambda name=name: toy(name)) for name in worlds.TOYS},
    "toy_recovery": recovery,
    "sensor_classification": sensors,
    "movement_phase": phases,
    "outcome_risk": outcomes,
    "video_task": videos,
    "movement_head": movements,
    "form": forms,
}

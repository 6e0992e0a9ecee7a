"""The TaskKind of repetitions: how well was it done, at which angles, which exercise was it, and what is the risk?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from mlops.kinds import base as task_kinds
from mlops.kinds.answers import Answer, Correction, Headline
from mlops.kinds.base import CardText
from mlops.kinds.examples import BuildConfig, ExampleSpec, SourceSummary
from mlops.kinds.marking import gettext_noop as _
from mlops.kinds.metric import Metric, is_number
from mlops.kinds.questions import Inputs, Locator, Payload, Question, asked_by
from mlops.kinds.shards import ShardKind, Source
from mlops.ml.bases.sequences import Sequences
from mlops.ml.biomechanics.generator.faults import EXERCISES, form_level
from mlops.ml.biomechanics.geometry import ANGLES
from mlops.ml.biomechanics.judging import GATES, Answers, form_report, truth_of, withholding
from mlops.ml.biomechanics.learning import person_made, with_mirrored
from mlops.ml.biomechanics.likeness import STATISTICS, is_like, statistics_of
from mlops.ml.biomechanics.preparing import RATE_HZ, prepared
from mlops.ml.biomechanics.shards import read_repetitions, write_repetitions
from mlops.ml.contract import MLError, NotEnoughData, option
from mlops.ml.registry import estimator_names
from sessions.selectors.form_repetitions import (
    GENERATED_RIGHTS,
    N_GENERATED_PEOPLE,
    JudgedRepetition,
    repetition_shelf,
)

MOST_REPETITIONS = 64
WITHIN = 10.0
"""Points by which a score may differ from a person's and still agree."""
REFERENCE_PEOPLE, FIRST_REFERENCE = 30, 500_000
METRICS = (
    Metric("form_mae", _("Error of the form score"), False, "number", 1, "points"),
    Metric("form_rmse", _("Error of the form score, squared"), False, "number", 1, "points", help=_(
        "Root of the mean squared error: large errors count more."
    )),
    Metric("angle_mae", _("Error of the joint angles"), False, "number", 1, "°"),
    Metric("exercise_accuracy", _("Exercise recognised")),
    Metric("risk_mae", _("Error of the risk"), False, "number", 1, "points"),
    Metric("baseline_form_mae", _("Error of guessing the mean score"), False, "number", 1, "points", headline=False),
)  # fmt: skip


@dataclass(frozen=True)
class FormBuild(BuildConfig):
    generated_people: int = option(
        N_GENERATED_PEOPLE, _("How many generated people, five repetitions each."), min=2, max=5000
    )


class FormKind(ShardKind):
    """How well was a repetition done?"""

    name = "form"
    title = "Form of a repetition"
    estimators = tuple(estimator_names("biomechanics"))
    metrics = METRICS
    gates = GATES
    needs_labels = False
    example = ExampleSpec(
        _("repetition"), _("repetitions"), "", _("person"), _("people"), _("repetitions"),
    )  # fmt: skip
    Build = FormBuild
    learning_scope = "sensor"  # body landmarks, not pictures
    tolerance = 0.02
    unit = "points"
    serves_as = "it judges repetitions in reports, on the mirror and through the API"

    # -- the question and its data -------------------------------------------------------------------

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        if value:
            raise ValidationError(
                gettext("Unknown setting: %(name)s.") % {"name": sorted(map(str, value))[0][:40]}, code="unknown_field"
            )
        return {}

    def summary(self, task: Any) -> SourceSummary:
        judged = repetition_shelf().teaching()
        amounts: dict[str, float] = {}
        for one in judged:
            name = str(one.truth.get("exercise") or gettext("other"))
            amounts[name] = amounts.get(name, 0.0) + 1
        return SourceSummary(len({one.key for one in judged}) + N_GENERATED_PEOPLE, len(judged), amounts,
                             N_GENERATED_PEOPLE)  # fmt: skip

    def sources(self, task: Any, parameters: Mapping[str, Any]) -> Sequence[Source]:
        people = {one.key: Source(one.key, one.owner, one.rights) for one in repetition_shelf().teaching()}
        if parameters["include_generated"]:
            for number in range(parameters.get("generated_people", N_GENERATED_PEOPLE)):
                name = f"generated{number:04d}"
                people[name] = Source(name, rights=GENERATED_RIGHTS, is_generated=True)
        return list(people.values())

    def known(self, task: Any) -> dict[str, Any]:
        return {"exercises": list(EXERCISES), "joint_angles": list(ANGLES), "rate_hz": RATE_HZ}

    def write_shard(self, task: Any, source: Source, folder: Path) -> Mapping[str, int]:
        if source.is_generated:
            items, truth = person_made(int(source.name.removeprefix("generated")))
        else:
            own: list[JudgedRepetition] = [one for one in repetition_shelf().teaching() if one.key == source.name]
            items, truth = [one.x for one in own], [dict(one.truth) for one in own]
        write_repetitions(folder, items, truth)
        counts: dict[str, int] = {}
        for one in truth:
            name = str(one.get("exercise") or "unknown")
            counts[name] = counts.get(name, 0) + 1
        return counts

    def read_shards(self, folders: Sequence[Path], known: Mapping[str, Any]) -> Sequences:
        return read_repetitions(folders)

    def load(self, directory: Path, part: str) -> Sequences:
        """What teaches comes twice: as it is, and in a mirror."""
        data: Sequences = super().load(directory, part)
        return with_mirrored(data) if part == "train" else data

    def fold(self, directory: Path, group: str) -> tuple[Sequences, Sequences]:
        known, unseen = super().fold(directory, group)
        return with_mirrored(known), unseen

    # -- judging -------------------------------------------------------------------------------------

    def evaluate(self, outputs: Any, data: Sequences) -> dict[str, Any]:
        return form_report(outputs, data)

    def primary_value(self, outputs: Any, data: Sequences) -> float:
        return float(np.nanmean(np.abs(Answers(outputs).score - truth_of(data)["form_score"])))

    def baseline(self, train: Sequences, data: Sequences) -> dict[str, float]:
        usual, score = np.nanmean(truth_of(train)["form_score"]), truth_of(data)["form_score"]
        gap = np.abs(score[np.isfinite(score)] - usual)
        return {"baseline_form_mae": float(gap.mean())} if len(gap) else {}

    def pair_values(self, outputs: Any, data: Sequences) -> npt.NDArray[Any] | None:
        score = truth_of(data)["form_score"]
        if not np.isfinite(score).all():
            return None
        return np.abs(Answers(outputs).score - score).astype(np.float32)

    def comparable(self, manifest: Mapping[str, Any], data: Any) -> str:
        same = list(manifest.get("exercises", [])) == list(EXERCISES)
        return "" if same else "The models know different exercises, so they can't be compared."

    def abstention(self, directory: Path, outputs: Any, data: Sequences) -> dict[str, Any]:
        try:
            train = super().load(directory, "train")
        except NotEnoughData:
            return {}
        return withholding(train, outputs, data)

    # -- serving -------------------------------------------------------------------------------------

    def examples(self, values: Any, manifest: Mapping[str, Any]) -> Sequences:
        return Sequences(list(values), None, np.full(len(values), "asked"), {"exercise": EXERCISES})

    def example_input(self, manifest: Mapping[str, Any]) -> list[npt.NDArray[np.float32]]:
        return person_made(0)[0][:1]

    def max_batch(self, manifest: Mapping[str, Any]) -> int:
        return MOST_REPETITIONS

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> list[npt.NDArray[np.float32]]:
        """[{"landmarks": [[[x, y, z] × 33] …], "times": [seconds …], "aspect": width / height} …]"""
        if not isinstance(payload, list) or not 1 <= len(payload) <= MOST_REPETITIONS:
            raise ValidationError(
                gettext("Give 1 to %(n)s repetitions.") % {"n": MOST_REPETITIONS}, code="bad_shape"
            )
        return [_read(one) for one in payload]

    def read_question(self, task: Any, payload: Payload, user: Any) -> Question:
        """{"repetitions": […]} as `read_inputs` takes them; each answer says from when to when it is."""
        given = payload.data.get("repetitions")
        if set(payload.data) != {"repetitions"}:
            raise ValidationError(gettext("Give repetitions."), code="one_of")

        def read(manifest: Mapping[str, Any]) -> Inputs:
            found = self.read_inputs(given, manifest)
            assert isinstance(given, list)
            return Inputs(found, [Locator(float(one["times"][0]), float(one["times"][-1])) for one in given])

        return Question(read, *asked_by(user))

    def decide(self, outputs: Any, inputs: Inputs | None, manifest: Mapping[str, Any]) -> list[Answer]:
        """Score with its band, level, angles, exercise and risk. Withheld: "unsure" which exercise it is, "unlike" what
        was learned of it."""
        said, bands = Answers(outputs), manifest.get("bands", {})
        rules, least = manifest.get("likeness", []), float(manifest.get("abstain_below", 0.0))
        found = []
        for i in range(len(said.score)):
            place = int(said.shares[i].argmax())
            confidence, score = float(said.shares[i, place]), float(said.score[i])
            reason = "unsure" if confidence < least else ""
            if not reason and rules and inputs is not None:
                reason = "" if is_like(rules, place, statistics_of(inputs.values[i])) else "unlike"
            half = float(bands.get("form_score") or 0.0)
            low, high = max(0.0, score - half), min(100.0, score + half)
            value = {
                "exercise": EXERCISES[place],
                "probabilities": {name: float(p) for name, p in zip(EXERCISES, said.shares[i], strict=True)},
                "form_score": score, "form_low": low, "form_high": high, "form_level": form_level(score),
                "joint_angles": {name: float(v) for name, v in zip(ANGLES, said.angles[i], strict=True)},
                "risk": float(said.risk[i]), "bands": dict(bands), "reason": reason,
            }  # fmt: skip
            found.append(Answer(value, Headline(EXERCISES[place], score, low, high, confidence, reason)))
        return found

    # -- monitoring ----------------------------------------------------------------------------------

    def statistic_names(self, manifest: Mapping[str, Any]) -> list[str]:
        return list(STATISTICS)

    def statistics(self, values: Any, manifest: Mapping[str, Any]) -> npt.NDArray[Any]:
        return np.array([statistics_of(one) for one in values], float).reshape(len(values), len(STATISTICS))

    def reference_shipped(self, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
        """People of the same generator whom the model has not met."""
        if manifest.get("generated"):
            for number in range(FIRST_REFERENCE, FIRST_REFERENCE + REFERENCE_PEOPLE):
                yield f"generated{number}", "test", person_made(number)[0]

    # -- corrections ---------------------------------------------------------------------------------

    def check_correction(self, task: Any, given: Any) -> Correction:
        """{"form_score": 0 to 100, "exercise": a name}: one of them or both."""
        if not isinstance(given, dict) or not given or set(given) - {"form_score", "exercise"}:
            raise ValidationError(
                {"correction": gettext("Give a score, an exercise or both.")}, code="bad_value"
            )
        if "exercise" in given and given["exercise"] not in EXERCISES:
            raise ValidationError({"correction": gettext("Unknown exercise.")}, code="unknown_label")
        if "form_score" not in given:
            return Correction(given["exercise"])
        score = given["form_score"]
        if not is_number(score) or not 0 <= score <= 100:
            raise ValidationError({"correction": gettext("A score is from 0 to 100.")}, code="bad_value")
        return Correction(given.get("exercise", ""), {"form_score": float(score)})

    def agreement(self, answered: Mapping[str, Any], correction: Correction) -> float:
        """The mean over what was said of the two; what is withheld agrees with nothing."""
        if answered.get("reason"):
            return 0.0
        found = [float(answered.get("label") == correction.label)] if correction.label else []
        if correction.value:
            gap = abs(float(answered.get("number", np.inf)) - correction.value["form_score"])
            found.append(float(gap <= WITHIN))
        return float(np.mean(found))

    @property
    def agreed(self) -> str:
        return f"within {WITHIN:g} points of a person's score, and the same exercise"

    def alike(self, one: Correction, other: Correction) -> bool:
        if one.label != other.label or (one.value is None) != (other.value is None):
            return False
        return one.value is None or bool(abs(one.value["form_score"] - other.value["form_score"]) <= WITHIN)

    def feedback_to_span(self, feedback: Any) -> Any:
        return repetition_shelf().correct(feedback)

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        made = "It learned from generated repetitions: how well it judges people must be measured on people."
        return CardText(
            purpose="Judges one repetition: form score, six joint angles, exercise and risk.",
            inputs=[
                f"Landmarks of one repetition: (frames, 33, 3), {RATE_HZ:g} frames a second, one unit on every axis.",
                "Output `form_score` and `risk` from 0 to 100, `joint_angles` in degrees, `probabilities`.",
            ],
            limits=[
                f"It knows {', '.join(name.replace('_', ' ') for name in EXERCISES)}.",
                "A risk is a rule about positions of the body. It is not a diagnosis and foretells no injury.",
            ],
            caution=made if manifest.get("generated", True) else "",
        )


def _read(one: Any) -> npt.NDArray[np.float32]:
    fields = {"landmarks", "times", "aspect"}
    if not isinstance(one, dict) or set(one) != fields or not is_number(one["aspect"]):
        raise ValidationError(
            gettext("A repetition has landmarks, times and the aspect of the picture."), code="bad_shape"
        )
    try:
        return prepared(np.asarray(one["landmarks"], float), np.asarray(one["times"], float), float(one["aspect"]))
    except (MLError, TypeError, ValueError) as error:
        raise ValidationError(
            gettext("A repetition cannot be read: %(reason)s.") % {"reason": error}, code="bad_value"
        ) from error


def register() -> None:
    """Called once from AppConfig.ready()."""
    task_kinds.register(FormKind())

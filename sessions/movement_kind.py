"""The TaskKind of movement: exercise, phase or technique of a stretch of a video, by a head on its embedding."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from mlops.kinds import base as task_kinds
from mlops.kinds.base import CardText
from mlops.kinds.examples import BalancedBuildConfig, Built, ExampleSpec, InputField, SourceSummary
from mlops.kinds.labels import LabelKind
from mlops.kinds.marking import gettext_noop
from mlops.kinds.questions import Inputs, Locator, Payload, Question, asked_by
from mlops.kinds.shards import ShardKind, Source
from mlops.ml.abstention import abstain_threshold
from mlops.ml.bases.rows import Rows
from mlops.ml.contract import BadValue, MLError, NotEnoughData, OnStep, UnreadableInput
from mlops.ml.vision.movement.embedding import MOTIONBERT, OF_LANDMARKS, STATISTICS, vector_names
from mlops.ml.vision.movement.stretches import MAX_EXAMPLES, QUESTIONS, USUAL, Cutting
from sessions.selectors.video_features import VideoFeatures, video_features_get_for, video_features_list
from sessions.services.movement import stretches_embed, video_landmarks

X, Y = "x.npy", "y.npy"


class MovementHead(ShardKind, LabelKind):
    """Which label does a stretch of a video have, by the vector of its movement?"""

    name = "movement_head"
    title = "Movement by embedding"
    estimators = ("embedding_head",)
    Build = BalancedBuildConfig
    example = ExampleSpec(
        gettext_noop("stretch"), gettext_noop("stretches"), "", gettext_noop("video"), gettext_noop("videos"),
        gettext_noop("videos"),
    )  # fmt: skip
    learning_scope = "sensor"  # body landmarks, not pictures
    serves_as = "it names exercise, phase or technique in videos through the API"

    # -- the question --------------------------------------------------------------------------------

    def input_fields(self) -> list[InputField]:
        questions = (("exercise", _("Exercise")), ("phase", _("Phase")), ("technique", _("Technique")))
        vectors = ((STATISTICS, _("Statistics of the pose (no weights needed)")), (MOTIONBERT, "MotionBERT-Lite"))
        return [
            InputField("question", _("Question"), questions, initial="exercise"),
            InputField("embedding", _("Embedding"), vectors, initial=STATISTICS),
            InputField("window_s", _("Window (s), 0 for whole labelled stretches"), initial=""),
            InputField("step_s", _("Step (s)"), initial=""),
        ]

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """{"question", "embedding", "window_s", "step_s"}, also from the fields of the form."""
        unknown = set(value) - {"question", "embedding", "window_s", "step_s"}
        if unknown:
            raise ValidationError(
                _("Unknown setting: %(name)s.") % {"name": sorted(map(str, unknown))[0][:40]}, code="unknown_field"
            )
        question, embedding = value.get("question") or QUESTIONS[0], value.get("embedding") or STATISTICS
        if question not in QUESTIONS:
            raise ValidationError(_("Choose exercise, phase or technique."), code="invalid")
        if embedding not in OF_LANDMARKS:
            raise ValidationError(_("Choose pose_statistics or motionbert-lite."), code="invalid")
        window_s, step_s = (
            usual if value.get(name) in (None, "") else value[name]
            for name, usual in zip(("window_s", "step_s"), USUAL[question], strict=True)
        )
        try:
            cutting = Cutting(float(window_s), float(step_s))
        except (BadValue, TypeError, ValueError, OverflowError) as error:
            raise ValidationError(_("Invalid windows: %(reason)s.") % {"reason": error}, code="bad_window") from error
        return {"question": question, "embedding": embedding, **vars(cutting)}

    def input_of(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        return {name: manifest[name] for name in ("question", "embedding", "window_s", "step_s")}

    # -- its data ------------------------------------------------------------------------------------

    def summary(self, task: Any) -> SourceSummary:
        videos = self._videos(task, include_generated=True)
        labels = task.label_set.names if task.label_set else []
        amounts = {label: sum(one.seconds.get(label, 0.0) for one in videos) for label in labels}
        return SourceSummary(len(videos), len(videos), amounts, sum(one.is_generated for one in videos))

    def sources(self, task: Any, parameters: Mapping[str, Any]) -> Sequence[Source]:
        videos = self._videos(task, include_generated=parameters["include_generated"])
        return [Source(one.key, one.owner, one.rights, one.is_generated) for one in videos]

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        if task.label_set is None or len(task.label_set.names) < 2:
            raise NotEnoughData("The label set needs at least two labels")
        try:
            return super().build(task, parameters, directory, on_step)
        except UnreadableInput as error:
            raise NotEnoughData(f"The features of a video cannot be read: {error}") from error

    def known(self, task: Any) -> dict[str, Any]:
        return {**super().known(task), **task.input, "features": list(vector_names(task.input["embedding"]))}

    def write_shard(self, task: Any, source: Source, folder: Path) -> Mapping[str, int]:
        video = next(one for one in self._videos(task, include_generated=True) if one.key == source.name)
        labels, by = list(task.label_set.names), task.input["embedding"]
        landmarks = video_landmarks(video)
        examples = _cutting(task.input).labelled(landmarks.spans, labels)
        vectors = stretches_embed(landmarks, [one[:2] for one in examples], by)
        kept = [(vector, labels.index(one[2])) for vector, one in zip(vectors, examples, strict=True)
                if vector is not None]  # fmt: skip
        x = np.stack([vector for vector, _ in kept]) if kept else np.zeros((0, len(vector_names(by))), np.float32)
        y = np.array([label for _, label in kept], np.int64)
        np.save(folder / X, x, allow_pickle=False)
        np.save(folder / Y, y, allow_pickle=False)
        return {label: int((y == number).sum()) for number, label in enumerate(labels) if (y == number).any()}

    def read_shards(self, folders: Sequence[Path], known: Mapping[str, Any]) -> Rows:
        read = [tuple(np.load(folder / name, allow_pickle=False) for name in (X, Y)) for folder in folders]
        groups = np.repeat([folder.name for folder in folders], [len(y) for _x, y in read])
        x, y = (np.concatenate([one[number] for one in read]) for number in (0, 1))
        return Rows(x, y, groups.astype(np.str_), tuple(known["features"]), tuple(known["labels"]))

    # -- judging and serving -------------------------------------------------------------------------

    def abstention(self, directory: Path, outputs: Any, data: Rows) -> dict[str, Any]:
        labels = json.loads((directory / "manifest.json").read_text("utf-8"))["labels"]
        if data.y is None or not len(data):
            return {}
        return {"abstain_below": abstain_threshold(np.asarray(outputs), np.asarray(data.y), tuple(labels))}

    def examples(self, values: Any, manifest: Mapping[str, Any]) -> Rows:
        x = np.asarray(values, np.float32)
        groups = np.full(len(x), "asked")
        return Rows(x, None, groups, tuple(manifest["features"]), tuple(manifest["labels"]))

    def example_input(self, manifest: Mapping[str, Any]) -> npt.NDArray[np.float32]:
        return np.zeros((1, len(manifest["features"])), np.float32)

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> npt.NDArray[np.float32]:
        """(n, width) vectors, null for unknown. Raises ValidationError."""
        width = len(manifest["features"])
        try:
            given = np.asarray(payload, np.float64)
        except (TypeError, ValueError):
            given = np.empty(0)
        if given.ndim != 2 or given.shape[1] != width or not 1 <= len(given) <= MAX_EXAMPLES:
            raise ValidationError(
                _("Send 1 to %(n)s vectors of %(width)s numbers each.") % {"n": MAX_EXAMPLES, "width": width},
                code="bad_shape",
            )
        if np.isinf(given).any():
            raise ValidationError(_("A number is not finite."), code="bad_value")
        return given.astype(np.float32)

    def read_question(self, task: Any, payload: Payload, user: Any) -> Question:
        """Exactly one of

        inputs    [[…numbers] …] vectors of the task's embedding, null for unknown
        features  id of a feature file that `user` may see; with `spans` [[start_s, end_s] …] of these stretches, else
                  of windows over the whole video
        """
        asked = [name for name in ("inputs", "features") if name in payload.data]
        beside = {"features": {"spans"}}.get(asked[0], set()) if len(asked) == 1 else set()
        if len(asked) != 1 or set(payload.data) - {asked[0]} - beside:
            raise ValidationError(_("Give exactly one of inputs and features."), code="one_of")
        if asked == ["inputs"]:
            return super().read_question(task, payload, user)
        video = video_features_get_for(user=user, key=str(payload.data["features"])[:40])
        spans = _spans(payload.data["spans"]) if "spans" in payload.data else None
        owner = (video.athlete_id, video.owner) if video.owner else asked_by(user)
        return Question(lambda manifest: self._inputs_of(video, spans, manifest), *owner)

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        by, labels = manifest.get("embedding", "?"), ", ".join(map(str, manifest.get("labels", [])))
        return CardText(
            f"Names the {manifest.get('question', 'movement')} in a stretch of a video.",
            [
                f"Input `input`: (batch, {len(manifest.get('features', []))}) float32, the embedding by {by}.",
                f"Output `probabilities`: one for each of {labels}.",
            ],
            ["It knows the labels above alone, for one person in view who is filmed as in its training videos. It does",
             "not assess health and is not a diagnosis."],
        )  # fmt: skip

    # -- helpers -------------------------------------------------------------------------------------

    def _videos(self, task: Any, *, include_generated: bool) -> list[VideoFeatures]:
        """Videos that show a label of the task."""
        labels = task.label_set.names if task.label_set else []
        found = video_features_list(include_generated=include_generated)
        return [one for one in found if any(one.seconds.get(label, 0.0) > 0 for label in labels)]

    def _inputs_of(
        self, video: VideoFeatures, spans: list[tuple[float, float]] | None, manifest: Mapping[str, Any]
    ) -> Inputs:
        cutting = _cutting(manifest)
        if spans is None and not cutting.window_s:
            raise ValidationError(_("Say which stretches: spans with start and end in seconds."), code="required")
        asked = cutting.within(video.start_s, video.end_s) if spans is None else spans
        if len(asked) > MAX_EXAMPLES:
            raise ValidationError(_("Ask for at most %(n)s stretches at once.") % {"n": MAX_EXAMPLES}, code="too_long")
        try:
            vectors = stretches_embed(video_landmarks(video), asked, manifest["embedding"])
        except UnreadableInput as error:
            raise ValidationError(_("The features of this video are damaged."), code="damaged") from error
        except MLError as error:
            raise ValidationError(str(error), code=error.code) from error
        seen = [(vector, span) for vector, span in zip(vectors, asked, strict=True) if vector is not None]
        if not seen:
            raise ValidationError(_("Nobody is seen in these stretches."), code="nobody")
        places = [Locator(round(start_s, 4), round(end_s, 4)) for _, (start_s, end_s) in seen]
        return Inputs(np.stack([vector for vector, _ in seen]), places)


def _cutting(told: Mapping[str, Any]) -> Cutting:
    return Cutting(float(told["window_s"]), float(told["step_s"]))


def _spans(given: Any) -> list[tuple[float, float]]:
    """Checked [[start_s, end_s] …]. Raises ValidationError."""
    try:
        found = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    are_pairs = found.ndim == 2 and found.shape[1:] == (2,) and 0 < len(found) <= MAX_EXAMPLES
    if not are_pairs or not np.isfinite(found).all() or not (found[:, 1] > found[:, 0]).all():
        raise ValidationError(_("Spans are pairs of start and end in seconds."), code="bad_shape")
    return [(float(start_s), float(end_s)) for start_s, end_s in found]


def register() -> None:
    """Called once from AppConfig.ready()."""
    task_kinds.register(MovementHead())

"""The TaskKind of videos: what does somebody do in a window of the features of a video?"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from mlops.kinds import base as task_kinds
from mlops.kinds.base import CardText
from mlops.kinds.examples import BalancedBuildConfig, Built, ExampleSpec, InputField, SourceSummary
from mlops.kinds.marking import gettext_noop
from mlops.kinds.questions import Inputs, Payload, Question, asked_by
from mlops.kinds.shards import ShardKind, Source, files_hash
from mlops.kinds.windows import MAX_WINDOWS, WindowClassification, channel_names
from mlops.ml.abstention import abstain_threshold
from mlops.ml.contract import BadShape, BadValue, FloatArray, NotEnoughData, OnStep, UnreadableInput, Windows
from mlops.ml.vision.task_columns import DETECTORS, FeaturePlan
from mlops.ml.vision.task_shards import (
    between,
    labelled_windows,
    read_stretches,
    scaler_of,
    stretches_of,
    write_stretches,
)
from mlops.ml.vision.task_splits import block_edges
from mlops.ml.vision.task_training import layout_of
from mlops.ml.vision.task_windows import TaskWindow, filled, normalised
from mlops.ml.windows import Scaler, WindowSpec
from sessions.selectors.video_features import (
    VideoFeatures,
    plan_of,
    shelf,
    video_features_get_for,
    video_features_list,
    video_frames,
    video_windows,
)
from sessions.services.video_review import VideoReview

LEAST_VIDEOS = 3
"""Fewer videos are cut into blocks of time, so that something can be kept apart."""
BLOCK_WINDOWS = 4.0
"""Length of such a block, in windows; neighbours lie a window apart."""
RATE_HZ = 15.0
KEY_OF_BLOCK = 23
STATISTICS = ("mean", "std")


class VideoTask(ShardKind, WindowClassification):
    """Which label does a window of the features of a video have?"""

    name = "video_task"
    title = "Video task"
    estimators = ("random_forest", "lightgbm", "tcn", "rnn", "patchtst")
    Build = BalancedBuildConfig
    example = ExampleSpec(
        gettext_noop("window"), gettext_noop("windows"), "s", gettext_noop("video"), gettext_noop("videos"),
        gettext_noop("videos"),
    )  # fmt: skip
    learning_scope = "sensor"  # body landmarks, not pictures
    serves_as = "it names tasks in videos, on pages and through the API"
    review = VideoReview()

    # -- the question --------------------------------------------------------------------------------

    def input_fields(self) -> list[InputField]:
        detectors = (
            ("fusion", _("Body, hands and objects")),
            ("mediapipe", _("Body and hands")),
            ("yolo", _("Objects")),
        )
        return [
            InputField("detector", _("Features"), detectors, initial="fusion"),
            InputField("window_s", _("Window (s)"), initial="2"),
            InputField("step_s", _("Step (s)"), initial="0.5"),
            InputField("rate_hz", _("Frames per second"), initial=f"{RATE_HZ:g}"),
        ]

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """{"detector", "window_spec"}, also from the fields of the form."""
        unknown = set(value) - {"detector", "window_spec", "window_s", "step_s", "rate_hz"}
        if unknown:
            raise ValidationError(
                _("Unknown setting: %(name)s.") % {"name": sorted(map(str, unknown))[0][:40]}, code="unknown_field"
            )
        detector = value.get("detector") or DETECTORS[0]
        if detector not in DETECTORS:
            raise ValidationError(_("Choose fusion, mediapipe or yolo."), code="invalid")
        try:
            if "window_spec" in value:
                spec = replace(WindowSpec.from_json(value["window_spec"]), normalisation="dataset")
            else:
                window = TaskWindow(float(value.get("window_s") or 2.0), float(value.get("step_s") or 0.5))
                spec = window.at(float(value.get("rate_hz") or RATE_HZ))
        except (BadValue, TypeError, ValueError, OverflowError) as error:
            raise ValidationError(_("Invalid windows: %(reason)s.") % {"reason": error}, code="bad_window") from error
        return {"detector": detector, "window_spec": spec.to_json()}

    def input_of(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        return {"detector": plan_of(manifest).detector, "window_spec": manifest["window_spec"]}

    # -- its data ------------------------------------------------------------------------------------

    def summary(self, task: Any) -> SourceSummary:
        videos = self._videos(task, include_generated=True)
        labels = task.label_set.names if task.label_set else []
        amounts = {label: sum(one.seconds.get(label, 0.0) for one in videos) for label in labels}
        return SourceSummary(len(videos), len(videos), amounts, sum(one.is_generated for one in videos))

    def sources(self, task: Any, parameters: Mapping[str, Any]) -> Sequence[Source]:
        videos = self._videos(task, include_generated=parameters["include_generated"])
        names = {name: one for one in videos for name in self._names(one, task, len(videos) < LEAST_VIDEOS)}
        return [Source(name, one.owner, one.rights, one.is_generated) for name, one in names.items()]

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        """Beside the shards, the scaler of what is taught; and a note where blocks of time stand in for videos."""
        if task.label_set is None or len(task.label_set.names) < 2:
            raise NotEnoughData("The label set needs at least two labels")
        built = super().build(task, parameters, directory, on_step)
        told = json.loads((directory / "manifest.json").read_text("utf-8"))
        taught = [directory / "shards" / name for name, part in sorted(told["parts"].items()) if part == "train"]
        try:
            told["scaler"] = self._scaler(taught, told).to_json()
        except BadShape as error:
            raise NotEnoughData("None of the videos to train on has a labelled window") from error
        (directory / "manifest.json").write_text(json.dumps(told, indent=1, sort_keys=True), "utf-8")
        facts = dict(built.facts)
        if any("_b" in name for name in built.groups):
            note = "There are too few videos to keep some apart, so blocks of time of the same videos are. The scores "
            facts["split"] = {**facts["split"], "note": f"{note}say little about other videos."}
        return replace(built, content_hash=files_hash(directory), facts=facts)

    def known(self, task: Any) -> dict[str, Any]:
        plan = FeaturePlan(task.input["detector"])
        spec = task.input["window_spec"]
        layout = layout_of(plan.names, spec["rate_hz"])
        return {**super().known(task), "plan": plan.to_json(), "window_spec": spec, "layout": layout}

    def write_shard(self, task: Any, source: Source, folder: Path) -> Mapping[str, int]:
        plan, spec = FeaturePlan(task.input["detector"]), WindowSpec.from_json(task.input["window_spec"])
        labels = list(task.label_set.names)
        videos = {one.key: one for one in self._videos(task, include_generated=True)}
        key, _mark, number = ("", "", "") if source.name in videos else source.name.rpartition("_b")
        video = videos.get(source.name) or next(one for name, one in videos.items() if name.startswith(key))
        try:
            stretches = stretches_of(video_frames(video, plan), labels, spec.rate_hz, video.spans)
        except UnreadableInput as error:
            raise NotEnoughData(f"The features of a video cannot be read: {error}") from error
        if number:
            edges, gap_s = self._edges(video, spec), spec.duration_s
            start_s, end_s = edges[int(number)], edges[int(number) + 1]
            inner = (int(number) > 0, int(number) < len(edges) - 2)
            stretches = between(stretches, start_s + inner[0] * gap_s / 2, end_s - inner[1] * gap_s / 2, spec.rate_hz)
        write_stretches(folder, stretches, len(plan.names))
        y = labelled_windows(stretches, spec, len(labels), plan.names)[1]
        return {label: int(n) for label, n in zip(labels, np.bincount(y, minlength=len(labels)), strict=True) if n}

    def read_shards(self, folders: Sequence[Path], known: Mapping[str, Any]) -> Windows:
        """Windows as measured, NaN for unknown."""
        spec, names = WindowSpec.from_json(known["window_spec"]), FeaturePlan.from_json(known["plan"]).names
        cut = [labelled_windows(read_stretches(folder), spec, len(known["labels"]), names) for folder in folders]
        groups = np.repeat([folder.name for folder in folders], [len(y) for _x, y in cut])
        x, y = (np.concatenate([one[i] for one in cut]) for i in (0, 1))
        return Windows(x, y, groups.astype(np.str_), tuple(known["labels"]))

    def load(self, directory: Path, part: str) -> Windows:
        data: Windows = super().load(directory, part)
        return replace(data, x=normalised(data.x, self._known_scaler(directory)))

    def load_raw(self, directory: Path, part: str) -> Windows:
        """As measured, the training mean where a value is unknown: what the scorer takes."""
        data: Windows = super().load(directory, part)
        return replace(data, x=filled(data.x, self._known_scaler(directory)))

    def fold(self, directory: Path, group: str) -> tuple[Windows, Windows]:
        known, unseen = super().fold(directory, group)
        told = json.loads((directory / "manifest.json").read_text("utf-8"))
        others = [directory / "shards" / name for name in sorted(told["parts"]) if name != group]
        scaler = self._scaler([folder for folder in others if folder.is_dir()], told)
        return replace(known, x=normalised(known.x, scaler)), replace(unseen, x=normalised(unseen.x, scaler))

    # -- judging and serving -------------------------------------------------------------------------

    def abstention(self, directory: Path, outputs: Any, data: Windows) -> dict[str, Any]:
        if data.y is None:
            return {}
        return {"abstain_below": abstain_threshold(np.asarray(outputs), data.y, data.labels)}

    def read_question(self, task: Any, payload: Payload, user: Any) -> Question:
        """Exactly one of

        windows   [[[…features] …samples] …] as measured, null for unknown
        features  id of a feature file that `user` may see: every window of it
        """
        asked = [name for name in ("windows", "features") if name in payload.data]
        if len(asked) != 1 or set(payload.data) - set(asked):
            raise ValidationError(_("Give exactly one of windows and features."), code="one_of")
        if asked == ["windows"]:
            windows = payload.data["windows"]
            return Question(lambda manifest: Inputs(self.read_inputs(windows, manifest)), *asked_by(user))
        video = video_features_get_for(user=user, key=str(payload.data["features"])[:40])
        return Question(lambda manifest: self._inputs_of(video, manifest), video.athlete_id, video.owner)

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> npt.NDArray[Any]:
        """(n, length, features) windows; unknown values are the training mean. Raises ValidationError."""
        scaler = Scaler.from_json(manifest["scaler"])
        try:
            given = np.asarray(payload, dtype=np.float64)
        except (TypeError, ValueError):
            given = np.empty(0)
        if given.ndim and given.shape[-1] == len(scaler.mean):
            given = np.where(np.isnan(given), scaler.mean, given)
        return super().read_inputs(given, manifest)

    def statistic_names(self, manifest: Mapping[str, Any]) -> list[str]:
        return [f"{name} {statistic}" for statistic in STATISTICS for name in channel_names(manifest)]

    def statistics(self, values: npt.NDArray[Any], manifest: Mapping[str, Any]) -> FloatArray:
        """Mean and standard deviation of each feature."""
        x = np.asarray(values, np.float32)
        return np.hstack([x.mean(axis=1), x.std(axis=1)]).astype(np.float32)

    def reference(self, directory: Path) -> Iterator[tuple[str, str, Any]]:
        scaler = self._known_scaler(directory)
        for name, part, values in super().reference(directory):
            yield name, part, filled(values, scaler)

    def feedback_to_span(self, feedback: Any) -> Any:
        return shelf().correct(feedback)

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        words = super().card(manifest)
        limits = [
            "It knows the labels above alone, for one person in view who is filmed as in its training videos. It does",
            "not assess health and is not a diagnosis.",
        ]
        return replace(words, purpose="Names what somebody does in a video.", limits=limits)

    # -- helpers -------------------------------------------------------------------------------------

    def _videos(self, task: Any, *, include_generated: bool) -> list[VideoFeatures]:
        """Videos in which a label of the task lasts a window at least."""
        labels = task.label_set.names if task.label_set else []
        least_s = WindowSpec.from_json(task.input["window_spec"]).duration_s
        found = video_features_list(include_generated=include_generated)
        return [one for one in found if any(one.seconds.get(label, 0.0) >= least_s for label in labels)]

    def _names(self, video: VideoFeatures, task: Any, in_blocks: bool) -> list[str]:
        """The groups of a video: itself, or its blocks."""
        if not in_blocks:
            return [video.key]
        n = len(self._edges(video, WindowSpec.from_json(task.input["window_spec"]))) - 1
        return [f"{video.key[:KEY_OF_BLOCK]}_b{number}" for number in range(n)]

    def _edges(self, video: VideoFeatures, spec: WindowSpec) -> npt.NDArray[np.float64]:
        return block_edges(video.start_s, video.end_s, BLOCK_WINDOWS * spec.duration_s)

    def _scaler(self, folders: Sequence[Path], told: Mapping[str, Any]) -> Scaler:
        spec, names = WindowSpec.from_json(told["window_spec"]), FeaturePlan.from_json(told["plan"]).names
        found: Scaler = scaler_of(folders, spec, len(told["labels"]), names)
        return found

    def _known_scaler(self, directory: Path) -> Scaler:
        return Scaler.from_json(self.manifest(directory)["scaler"])

    def _inputs_of(self, video: VideoFeatures, manifest: Mapping[str, Any]) -> Inputs:
        try:
            found = video_windows(video, manifest)
        except UnreadableInput as error:
            raise ValidationError(_("The features of this video are damaged."), code="damaged") from error
        if not len(found):
            seconds = f"{WindowSpec.from_json(manifest['window_spec']).duration_s:g}"
            raise ValidationError(_("The model needs at least %(n)s seconds.") % {"n": seconds}, code="short")
        if len(found) > MAX_WINDOWS:
            raise ValidationError(
                _("Ask for at most %(n)s windows at once.") % {"n": f"{MAX_WINDOWS:,}"}, code="too_long"
            )
        return found


def register() -> None:
    """Called once from AppConfig.ready()."""
    task_kinds.register(VideoTask())

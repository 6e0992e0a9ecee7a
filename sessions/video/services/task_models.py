"""Models that name what is done in a video, ready to answer: one's own by its name, or the champion of a task."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.utils.translation import gettext as _

from mlops.ml.contract import BadArtifact, BadValue
from mlops.ml.decision import Decision, LabelDecider
from mlops.ml.scoring import OnnxScorer
from mlops.ml.vision.task_columns import FeaturePlan
from mlops.ml.vision.task_windows import filled
from mlops.models import AliasName, ModelAlias
from mlops.serving.services.versions import champion, scorer_of
from sessions.models import MakingState
from sessions.selectors.video_features import plan_of
from sessions.video.selectors.chain import model_named, models_own
from web.refusals import Problem

KIND = "video_task"
MOST_LISTED = 50


@dataclass(frozen=True)
class TaskModel:
    """name: as callers know it; title: with its version, as answers name it."""

    name: str
    title: str
    scorer: OnnxScorer
    plan: FeaturePlan
    decider: LabelDecider
    is_generated: bool = False

    def scores(self, windows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """(n, labels) of windows (n, length, features) as measured, NaN for unknown."""
        assert self.scorer.scaler is not None
        found: npt.NDArray[np.float64] = self.scorer.score_raw(filled(windows, self.scorer.scaler)).astype(np.float64)
        return found

    def decide(self, scores: npt.NDArray[np.float64], window: npt.NDArray[Any]) -> Decision:
        """What is said for smoothed scores (labels,) and the newest window (length, features)."""
        assert self.scorer.scaler is not None
        (one,) = self.decider.decide(scores[None].astype(np.float32), filled(window[None], self.scorer.scaler))
        return one


def task_model_for(*, user: Any, name: str) -> TaskModel | None:
    """The champion of the task of that name, or one's own model of that name; None for no name.

    Raises Http404; Problem 409 `not_ready`, `unreadable_model`.
    """
    if not name:
        return None
    try:
        served = champion(name) if len(name) <= 64 else None
        if served is not None and served.kind == KIND:
            return _model(name, served.title, scorer_of(served).onnx)
        row = model_named(user=user, name=name)
        if row.state != MakingState.READY:
            raise Problem(409, "not_ready", _("This model is not ready."), state=str(row.state))
        return _model(row.name, row.name, OnnxScorer.open(Path(settings.MEDIA_ROOT) / row.folder / row.name))
    except (BadArtifact, BadValue) as error:
        raise Problem(409, "unreadable_model", _("The model is damaged on the server.")) from error


def task_models_listed(*, user: Any) -> list[tuple[str, str]]:
    """(name, words for a choice) of what may be asked: champions first, then one's own, the newest first."""
    aliases = ModelAlias.objects.filter(name=AliasName.CHAMPION, task__kind=KIND).select_related("task", "version")
    champions = [(one.task.name, f"{one.task.title}, v{one.version.number}") for one in aliases.order_by("task__title")]
    own = models_own(user=user).filter(made_at__isnull=False)[:MOST_LISTED]
    return [*champions, *((row.name, row.name) for row in own)]


def _model(name: str, title: str, scorer: OnnxScorer) -> TaskModel:
    told = scorer.manifest
    if scorer.scaler is None:
        raise BadArtifact("a model of video tasks has a scaler")
    return TaskModel(
        name, title, scorer, plan_of(told), LabelDecider.of(told), bool(told.get("generated") or told.get("demo"))
    )

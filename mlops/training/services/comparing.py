"""Two versions on the same examples that neither learned from, with an interval on their difference."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from mlops.datasets.models import Dataset, DatasetSubject
from mlops.datasets.services.files import dataset_path
from mlops.kinds.base import TaskKind
from mlops.kinds.batches import picked
from mlops.ml.contract import MLError, NotEnoughData
from mlops.ml.hosting.errors import ModelError
from mlops.ml.intervals import Interval, groups_interval
from mlops.ml.metrics import paired_bootstrap
from mlops.registry.models import ModelVersion
from mlops.serving.services.offline import outputs_of
from mlops.serving.services.versions import version_served
from mlops.tasks.selectors import kind_for
from mlops.training.services.evaluation import Evaluation
from mlops.training.services.spread import MIN_GROUPS, N_DRAWS, primary_of

logger = logging.getLogger(__name__)


def compare_versions(*, champion: ModelVersion, challenger: ModelVersion, dataset: Dataset) -> dict[str, Any]:
    """Both on the held-out groups of the newer dataset that the champion has not learned from; else figures only.

    {"champion", "challenger"} ("version", "score" and, where compared, "same": the primary metric on the same
    examples), "gain" (challenger minus champion in the primary metric: difference, low, high; 95 %, whole groups
    resampled; low and high are None where the groups give no interval) or None, "better" (True, False, or None where
    chance explains it or no interval tells) and "why" in words.
    """
    kind = kind_for(challenger.task)
    figures: dict[str, Any] = {
        "champion": {"version": champion.number, "score": champion.score},
        "challenger": {"version": challenger.number, "score": challenger.score},
        "gain": None,
        "better": None,
    }
    try:
        data = kind.load_raw(dataset_path(dataset), "test")
    except (NotEnoughData, NotImplementedError):
        return {**figures, "why": "There is no held-out data that both can be evaluated on."}
    fresh = data.take(_unseen_by(champion, data))
    if not len(fresh):
        return {**figures, "why": "The champion was trained on all of the held-out data."}
    try:
        outputs = []
        for version in (challenger, champion):
            served = version_served(version)
            if why := kind.comparable(served.manifest, fresh):
                return {**figures, "why": why}
            outputs.append(outputs_of(served, kind.values(fresh)))
        new, old, gain, by_draws = compared(kind, outputs[0], outputs[1], fresh)
    except (MLError, ModelError, KeyError, ValueError) as error:
        return {**figures, "why": f"The comparison failed: {error}."}
    figures["challenger"]["same"], figures["champion"]["same"] = new, old
    n_groups = len(set(map(str, fresh.groups)))
    what = f"{kind.example.count(len(fresh))} of {kind.example.count_groups(n_groups)} that neither was trained on"
    how = f"; {N_DRAWS} resamples of whole {kind.example.groups}" if by_draws else ""
    if n_groups < MIN_GROUPS or gain[1] == gain[2] != 0:
        return {**figures, "gain": [gain[0], None, None], "why": what}
    certain = gain[1] > 0 or gain[2] < 0
    better = kind.primary.better(new, old) if certain else None
    return {**figures, "gain": list(gain), "better": better, "why": what + how}


def against_champion(*, champion: ModelVersion, kind: TaskKind, directory: Path, judged: Evaluation) -> dict[str, Any]:
    """What was just judged, beside the champion on the same examples of the dataset in `directory`: kept in
    `metrics["against"]`, and what the floor of a promotion rests on. See `against_version`."""
    return against_version(version=champion, kind=kind, directory=directory, judged=judged)


def against_version(*, version: ModelVersion, kind: TaskKind, directory: Path, judged: Evaluation) -> dict[str, Any]:
    """What was just judged, beside another version (the champion, the parent) on the same examples.

    {"version", "number", "why"} and, where both could be measured, "own", "champion" (the primary metric of each),
    "gain", "low", "high" (own minus champion's; None where groups give no interval), "n_examples", "n_groups".
    """
    champion = version
    told: dict[str, Any] = {"version": str(champion.pk), "number": champion.number, "why": ""}
    try:
        part = judged.metrics["measured_on"]["part"]
        raw, own = _in_one_order(kind.load_raw(directory, "train" if part == "each" else part), judged)
        places = _unseen_by(champion, raw)
        if not len(places):
            return {**told, "why": "The champion was trained on all of the test set"}
        fresh, served = raw.take(places), version_served(champion)
        if why := kind.comparable(served.manifest, fresh):
            return {**told, "why": why.rstrip(".")}
        old = outputs_of(served, kind.values(fresh))
        mine, theirs, (gain, low, high), _ = compared(kind, picked(own, places), old, fresh)
    except NotImplementedError:
        return {**told, "why": "Models of this kind can't serve"}
    except (MLError, ModelError) as error:
        return {**told, "why": f"{error}".rstrip(".")}
    except Exception as error:  # a scorer raises whatever its library does, and a training must not end by it
        logger.warning("%s could not be asked beside a new version", champion, exc_info=True)
        return {**told, "why": f"The champion cannot process these {kind.example.words} ({type(error).__name__})"}
    n_groups = len(set(map(str, fresh.groups)))
    is_one = n_groups < MIN_GROUPS
    return told | {
        "own": mine, "champion": theirs, "gain": gain, "low": None if is_one else low, "high": None if is_one else high,
        "n_examples": len(fresh), "n_groups": n_groups,
    }  # fmt: skip


def _in_one_order(raw: Any, judged: Evaluation) -> tuple[Any, Any]:
    """The examples as measured and what was answered to each, group by group. Raises NotEnoughData where they are not
    the same examples."""
    ours, theirs = np.asarray(judged.groups), np.asarray(raw.groups)
    by_ours, by_theirs = np.argsort(ours, kind="stable"), np.argsort(theirs, kind="stable")
    if len(ours) != len(theirs) or not (ours[by_ours] == theirs[by_theirs]).all():
        raise NotEnoughData("the examples of the test set cannot be read in their original form")
    return raw.take(by_theirs), picked(judged.outputs, by_ours)


def _unseen_by(version: ModelVersion, data: Any) -> npt.NDArray[np.intp]:
    """Places of the examples of groups that a version has not learned from, as far as is known."""
    known: set[str] = set()
    if version.run is not None:
        rows = DatasetSubject.objects.filter(dataset=version.run.dataset, part="train")
        known = set(rows.values_list("subject", flat=True))
    return np.flatnonzero(~np.isin(np.asarray(data.groups), sorted(known)))


def gain_text(version: ModelVersion, figures: dict[str, Any]) -> str:
    """What `compare_versions` found about the challenger, in sentences."""
    metric = version.metric
    if figures["gain"] is None:
        old = metric.text(figures["champion"]["score"])
        return _("Version %(number)s: %(new)s; champion %(old)s. %(why)s") % {
            "number": version.number, "new": version.score_text, "old": old, "why": figures["why"]
        }
    new, old = (metric.text(figures[who]["same"]) for who in ("challenger", "champion"))
    gain, low, high = figures["gain"]
    told = metric.difference_text(gain)
    if low is None:
        verdict = _("Too few %(groups)s for a verdict") % {"groups": version.task.example.groups}
    else:
        between = {"low": metric.difference_text(low), "high": metric.difference_text(high)}
        told += f", {_('%(low)s to %(high)s') % between}"
        verdicts = {True: _("Better"), False: _("Worse"), None: _("No significant difference")}
        verdict = verdicts[figures["better"]]
    return _("Version %(number)s: %(metric)s %(new)s, champion %(old)s, on %(why)s (%(gap)s). %(verdict)s.") % {
        "number": version.number, "metric": metric.words_inside, "new": new, "old": old, "why": figures["why"],
        "gap": told, "verdict": verdict,
    }


def compared(kind: TaskKind, new: Any, old: Any, data: Any) -> tuple[float, float, Interval, bool]:
    """(primary metric of the new, of the old, their difference, whether it came from draws of groups)."""
    ours, theirs = kind.pair_values(new, data), kind.pair_values(old, data)
    if ours is not None and theirs is not None:
        gain = paired_bootstrap(ours, theirs, np.asarray(data.groups))
        return float(ours.mean()), float(theirs.mean()), gain, False

    def gap(places: npt.NDArray[Any]) -> float:
        some = data.take(places)
        return primary_of(kind, picked(new, places), some) - primary_of(kind, picked(old, places), some)

    first, second = primary_of(kind, new, data), primary_of(kind, old, data)
    low, high = groups_interval(gap, np.asarray(data.groups), n=N_DRAWS)
    return first, second, (first - second, low, high), True

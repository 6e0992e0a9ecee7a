"""What changes when a version replaces another: metrics on the same examples, and whom it serves."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from mlops.kinds.examples import ExampleSpec
from mlops.kinds.metric import is_number
from mlops.registry.floor import Floor, floor_of
from mlops.registry.gate_words import measured_text
from mlops.registry.models import ModelAlias, ModelVersion
from mlops.registry.pairing import judged_on


@dataclass(frozen=True)
class DifferenceRow:
    """One metric of the current champion and of the other version, and the gap where the two can be compared."""

    title: str
    now: str
    then: str
    gap: str = ""


@dataclass(frozen=True)
class Difference:
    """A version beside the one it would replace: the champion, or the challenger of now.

    on        how many examples of how many people judged both, or why their figures cannot be compared
    is_same   both were judged on the same held-out examples
    changes   what athletes will notice, in sentences
    """

    version: ModelVersion
    replaced: ModelVersion | None
    rows: list[DifferenceRow]
    on: str
    is_same: bool
    floor: Floor | None
    changes: list[str]
    is_challenge: bool = False


def difference_of(
    version: ModelVersion,
    champion: ModelVersion | None,
    *,
    serves_as: str,
    challenger: ModelAlias | None = None,
    again: bool = False,
) -> Difference:
    """What replacing `champion` by `version` means. again: a rollback, the version was champion before."""
    floor = floor_of(version, champion)
    rows, on, is_same = _figures(version, champion, floor)
    changes = _changes(version, champion, serves_as, challenger, again)
    return Difference(version, champion, rows, on, is_same, floor, changes)


def challenge_difference_of(version: ModelVersion, challenger: ModelAlias, champion: ModelVersion) -> Difference:
    """What it means to let `version` challenge in place of the challenger of now."""
    rows, on, is_same = _figures(version, challenger.version, None)
    changes = [
        _("Version %(number)s serves the share you enter. Version %(other)s no longer serves anyone.")
        % {"number": version.number, "other": challenger.version.number},
        _("Version %(number)s stays champion and serves all other athletes.") % {"number": champion.number},
    ]
    return Difference(version, challenger.version, rows, on, is_same, None, changes, is_challenge=True)


def _figures(
    version: ModelVersion, champion: ModelVersion | None, floor: Floor | None
) -> tuple[list[DifferenceRow], str, bool]:
    if champion is None:
        return _rows(version, None), measured_text(version), False
    example = version.task.example
    if judged_on(version) is not None and judged_on(version) == judged_on(champion) and _n(version) == _n(champion):
        n_examples, n_groups = _n(version)
        return _rows(version, champion), _same(example, n_examples, n_groups), True
    against = version.metrics.get("against") or {}
    if against.get("version") == str(champion.pk) and "gain" in against:
        metric = version.metric
        row = DifferenceRow(
            metric.title, metric.text(against["champion"]), metric.text(against["own"]),
            metric.difference_text(against["gain"]),
        )  # fmt: skip
        same = _same(example, against["n_examples"], against["n_groups"])
        return [row], f"{same} {_('The champion was not trained on them.')}", True
    why = floor.why if floor is not None and floor.why else _("They were evaluated on different examples")
    on = _("These figures can't be compared. %(why)s.") % {"why": f"{why[:1].upper()}{why[1:]}"}
    return _rows(version, champion, is_same=False), on, False


def _same(example: ExampleSpec, n_examples: int, n_groups: int) -> str:
    if not n_groups:
        return _("Both evaluated on the same %(n)s of the held-out test set.") % {"n": example.count(n_examples)}
    return _("Both evaluated on the same %(n)s of %(groups)s from the held-out test set.") % {
        "n": example.count(n_examples), "groups": example.count_groups(n_groups)}


def _n(version: ModelVersion) -> tuple[int, int]:
    """(examples, people) that judged a version."""
    measured: dict[str, Any] = version.metrics.get("measured_on", {})
    return int(measured.get("n_examples", 0)), int(measured.get("n_groups") or len(measured.get("subjects", ())))


def _rows(version: ModelVersion, champion: ModelVersion | None, *, is_same: bool = True) -> list[DifferenceRow]:
    found = []
    for metric in version.task.metrics:
        then, now = version.metrics.get(metric.name), champion.metrics.get(metric.name) if champion else None
        if not is_number(then) and not is_number(now):
            continue
        gap = metric.difference_text(then - now) if is_same and is_number(then) and is_number(now) else ""
        before, after = (metric.text(value) if is_number(value) else "–" for value in (now, then))
        found.append(DifferenceRow(metric.title, before, after, gap))
    return found


def _changes(
    version: ModelVersion, champion: ModelVersion | None, serves_as: str, challenger: ModelAlias | None, again: bool
) -> list[str]:
    if champion is None:
        whole = _("Version %(number)s serves all athletes: %(serves_as)s. No version served them before.")
    elif again:
        whole = _(
            "Within seconds, version %(number)s again serves all athletes instead of version %(old)s: %(serves_as)s."
        )
    else:
        whole = _("Within seconds, version %(number)s serves all athletes instead of version %(old)s: %(serves_as)s.")
    old = champion.number if champion is not None else None
    found = [whole % {"number": version.number, "old": old, "serves_as": serves_as}]
    if challenger is not None:
        if challenger.version_id == version.pk:
            found.append(_("Its challenge ends."))
        else:
            found.append(_("Version %(number)s still serves %(share)s %% of athletes as challenger.") % {
                "number": challenger.version.number, "share": f"{100 * challenger.traffic_share:.0f}"})
    if champion is not None and champion.retired_at is None and not again:
        found.append(_("You can roll back to version %(number)s on the task page.") % {"number": champion.number})
    return found

"""The report of a version that went on from another, in words and figures."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from mlops.kinds.metric import COSTS, metric_named
from mlops.registry.models import ModelVersion
from web.numbers import spelled, spelled_share


@dataclass(frozen=True)
class Row:
    """One figure of the version and of what it is held against."""

    title: str
    own: str
    other: str
    difference: str


@dataclass(frozen=True)
class Continued:
    """parent: version number; news: what was new; rows beside the parent and beside a full training."""

    parent: int
    parent_pk: str
    how: str
    news: str
    parent_rows: list[Row] = field(default_factory=list)
    parent_why: str = ""
    measured: str = ""
    full_rows: list[Row] = field(default_factory=list)


def continued_of(version: ModelVersion) -> Continued | None:
    """None for a version that was trained from nothing."""
    told = version.metrics.get("continued")
    if not isinstance(told, dict):
        return None
    example, beside = version.task.example, told["parent"]
    parent_rows, measured = [], ""
    if "own" in beside:
        parent_rows = [_row(version, version.metric.name, beside["own"], beside["champion"], beside)]
        measured = f"{example.count(beside['n_examples'])} · {example.count_groups(beside['n_groups'])}"
    return Continued(
        beside["number"], beside["version"], how_words(told["how"]), _news(version, told), parent_rows,
        beside.get("why", ""), measured, _full(version, told),
    )  # fmt: skip


def continued_lines(version: ModelVersion) -> list[str]:
    """The same for a terminal."""
    found = continued_of(version)
    if found is None:
        return []
    lines = [f"continued from version {found.parent} ({found.how}); {found.news}"]
    for row in found.parent_rows:
        lines.append(f"{row.title}: {row.own}, version {found.parent} {row.other} ({row.difference})")
    lines += [found.parent_why] if found.parent_why else []
    lines += [f"{row.title}: continued {row.own}, in full {row.other} ({row.difference})" for row in found.full_rows]
    return lines


def how_words(how: str) -> str:
    """How an estimator goes on, for a reader."""
    words = {
        "warm start": _("warm start from the earlier solution"),
        "added trees": _("new trees beside the earlier ones"),
        "fine-tuning": _("fine-tuning of the earlier network"),
    }
    return words.get(how, how)


def _news(version: ModelVersion, told: dict[str, Any]) -> str:
    example = version.task.example
    groups = example.count_groups(told["n_new_groups"] + told["n_changed_groups"])
    return _("%(examples)s of %(groups)s were new; %(taught)s of %(all)s examples were taught") % {
        "examples": example.count(told["n_new"]), "groups": groups, "taught": spelled(told["n_taught"], ",.0f"),
        "all": spelled(told["n_examples"], ",.0f"),
    }


def _full(version: ModelVersion, told: dict[str, Any]) -> list[Row]:
    full = told.get("full")
    if not full:
        return []
    rows = [_row(version, one["metric"], one["own"], one["full"], one) for one in full["figures"]]
    seconds = COSTS[0]
    share = told["seconds"] / full["seconds"] if full["seconds"] else 1.0
    of = _("%(share)s of the time") % {"share": spelled_share(share)}
    rows.append(Row(seconds.words, seconds.text(told["seconds"]), seconds.text(full["seconds"]), of))
    return rows


def _row(version: ModelVersion, name: str, own: float, other: float, gain: dict[str, Any]) -> Row:
    metric = metric_named(version.task.metrics, name)
    difference = "–" if gain.get("gain") is None else metric.difference_text(gain["gain"])
    if gain.get("low") is not None:
        between = {"low": metric.difference_text(gain["low"]), "high": metric.difference_text(gain["high"])}
        difference += f", {_('95 %% interval %(low)s to %(high)s') % between}"
    return Row(metric.words, metric.text(own), metric.text(other), difference)

"""A version beside the champion on the same examples: what it may not fall behind by.

By what was measured beside that champion when it was trained, else by what was kept of both judgements.
"""

from dataclasses import dataclass
from typing import Any

from mlops.registry.models import ModelVersion
from mlops.registry.pairing import paired


@dataclass(frozen=True)
class Floor:
    """A version beside the champion of now. passed: None where they could not be compared, and `why` says so."""

    champion: ModelVersion
    passed: bool | None
    text: str
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"champion": self.champion.number, "passed": self.passed, "text": self.text}


def floor_of(version: ModelVersion, champion: ModelVersion | None) -> Floor | None:
    """Whether it may follow the champion; None where there is none, or it is the champion itself.

    By what was measured beside this champion when it was trained, else by what was kept of both judgements.
    """
    if champion is None or champion.pk == version.pk:
        return None
    against = version.metrics.get("against") or {}
    if against.get("version") != str(champion.pk) or "gain" not in against:
        pair = paired(version, champion)
        if pair.difference is None:
            return Floor(champion, None, *_unknown(champion, against, pair.reason))
        against = {
            "gain": pair.difference, "low": pair.low, "high": pair.high, "champion": champion.score or 0.0,
            "n_examples": pair.n_examples, "n_groups": pair.n_groups,
        }  # fmt: skip
    metric, example = version.metric, version.task.example
    allowed = metric.allowance(version.task.judging.worse_by, against["champion"])
    gain = against["gain"] if metric.higher_is_better else -against["gain"]
    between = ""
    if against["low"] is not None:
        between = f" ({metric.difference_text(against['low'])} to {metric.difference_text(against['high'])})"
    text = (
        f"{metric.title} {metric.difference_text(against['gain'])}{between} compared with the champion, version "
        f"{champion.number}, on the same {example.count(against['n_examples'])} of "
        f"{example.count_groups(against['n_groups'])}; the limit is "
        f"{metric.difference_text(allowed).lstrip('+±')} worse"
    )
    return Floor(champion, gain >= -allowed, text)


def _unknown(champion: ModelVersion, against: dict[str, Any], reason: str) -> tuple[str, str]:
    why = against.get("why") if against.get("version") == str(champion.pk) else ""
    why = (why or reason).rstrip(".")
    return f"Not compared with the champion, version {champion.number}, on the same examples: {why}", why

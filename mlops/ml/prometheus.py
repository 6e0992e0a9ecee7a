"""Figures as Prometheus text (exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
Sample = tuple[str, Mapping[str, str], float]
"""(what is put behind the family's name, labels, value)"""


@dataclass
class Family:
    """kind: counter, gauge or histogram (samples then end in _bucket, _sum, _count)."""

    name: str
    kind: str
    help: str
    samples: list[Sample] = field(default_factory=list)

    def add(self, value: float, **labels: str) -> None:
        self.samples.append(("", labels, value))


def prometheus_text(families: Iterable[Family]) -> str:
    """All families, one after another."""
    lines: list[str] = []
    for one in families:
        lines += [f"# HELP {one.name} {one.help}", f"# TYPE {one.name} {one.kind}"]
        lines += [f"{one.name}{end}{_labels(labels)} {value}" for end, labels, value in one.samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{str(value).translate(ESCAPES)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""

"""Where the toy data comes from: sources with an owner or a rights statement, everything else by formula."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlops.kinds.examples import SourceSummary
from mlops.kinds.shards import ShardKind, Source


def rng_of(source: Source) -> np.random.Generator:
    """The same data for the same name."""
    return np.random.default_rng(zlib.crc32(source.name.encode()))


def made_up(n: int = 10) -> tuple[Source, ...]:
    """Sources of five people, two each, and one of nobody."""
    owned = tuple(Source(f"s{i:02d}", f"p{i // 2}", is_generated=True) for i in range(n))
    return (*owned, Source("public", rights="CC0, a set of photos that anybody may use"))


class ShelfKind(ShardKind):
    """A kind that is given its sources by a test."""

    def __init__(self, sources: Sequence[Source] | None = None) -> None:
        self.shelf = made_up() if sources is None else tuple(sources)

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def summary(self, task: Any) -> SourceSummary:
        n = len(self.shelf)
        return SourceSummary(n, n, {self.example.words: 12.0 * n} if n else {})

    def sources(self, task: Any, parameters: Mapping[str, Any]) -> Sequence[Source]:
        return [source for source in self.shelf if parameters["include_generated"] or not source.is_generated]

"""The family of kinds whose data lies in sources: a folder for each, split whole; a kind writes one and reads some."""

import hashlib
import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.kinds.base import TaskKind
from mlops.kinds.examples import Built, Group
from mlops.kinds.splitting import plan_split
from mlops.ml.contract import NotEnoughData, OnStep
from mlops.ml.splits import random_split
from mlops.ml.windows import balance

_OF_THE_BUILD = frozenset({"parts", "how", "seed", "balance"})


@dataclass(frozen=True)
class Source:
    """A group of examples that a split never tears apart, and whose it is.

    name          1 to 32 letters, digits, _ and -: a pseudonym, the hex of a row's id
    owner         pseudonym of the person it goes with when they are erased; empty for nobody
    rights        why it may be used where it belongs to nobody: a licence, a statement
    is_generated  made by a formula, not recorded
    """

    name: str
    owner: str = ""
    rights: str = ""
    is_generated: bool = False


class ShardKind(TaskKind):
    """`build`, `load`, `fold`, `manifest` and `reference` from four answers: which sources, how one is written, how
    some are read, and what models made of them must know. With `BalancedBuildConfig` the truth is one array of labels.
    """

    @abstractmethod
    def sources(self, task: Any, parameters: Mapping[str, Any]) -> Sequence[Source]:
        """What may be learned from now (learning consent honoured), as the build was told."""

    @abstractmethod
    def write_shard(self, task: Any, source: Source, folder: Path) -> Mapping[str, int]:
        """Write a source into its empty folder; how many examples of each label, or of another name."""

    @abstractmethod
    def read_shards(self, folders: Sequence[Path], known: Mapping[str, Any]) -> Any:
        """The examples of some shards, the name of its folder as the group of each; `known` as `known` gave it."""

    def known(self, task: Any) -> dict[str, Any]:
        """What the manifest of a model carries, beside what the engine writes: by default the labels."""
        return {"labels": list(task.label_set.names)} if task.label_set else {}

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        sources = {source.name: source for source in self.sources(task, parameters)}
        ratios = (parameters["val_ratio"], parameters["test_ratio"])
        plan = plan_split(
            list(sources), how=parameters["split"], seed=parameters["seed"], ratios=ratios, example=self.example
        )
        counts: dict[str, dict[str, int]] = {}
        for number, (name, source) in enumerate(sorted(sources.items())):
            on_step(number, len(sources))
            folder = directory / "shards" / name
            folder.mkdir(parents=True)
            counts[name] = dict(self.write_shard(task, source, folder))
        parts = {name: "train" if part == "mixed" else part for name, part in plan.parts.items()}
        balanced = {"balance": parameters["balance"]} if "balance" in parameters else {}
        told = {"parts": parts, "how": plan.how, "seed": plan.seed, **balanced, **self.known(task)}
        (directory / "manifest.json").write_text(json.dumps(told, indent=1, sort_keys=True), "utf-8")
        labels = sorted({label for found in counts.values() for label in found})
        n_generated = sum(source.is_generated for source in sources.values())
        facts = {
            "per_label": {label: sum(found.get(label, 0) for found in counts.values()) for label in labels},
            "per_subject": counts, "split": plan.facts(), "sources": {self.example.sources: len(sources)},
            "generated": n_generated > 0, "n_generated_subjects": n_generated,
            "rights": sorted({source.rights for source in sources.values()} - {""}),
        }  # fmt: skip
        groups = {
            name: Group(parts[name], sum(counts[name].values()), source.owner, source.rights)
            for name, source in sources.items()
        }
        return Built(files_hash(directory), facts, groups)

    def load(self, directory: Path, part: str) -> Any:
        told = _told(directory)
        if told["how"] != "random":
            data = self._read(directory, told, [name for name, own in told["parts"].items() if own == part])
        else:
            data = self._read(directory, told, list(told["parts"]))
            data = data.take(random_split(len(data), told["seed"])[part])
        return _balanced(data, told) if part == "train" else data

    def fold(self, directory: Path, group: str) -> tuple[Any, Any]:
        told = _told(directory)
        others = [name for name in told["parts"] if name != group]
        return _balanced(self._read(directory, told, others), told), self._read(directory, told, [group])

    def manifest(self, directory: Path) -> dict[str, Any]:
        return {name: value for name, value in _told(directory).items() if name not in _OF_THE_BUILD}

    def reference(self, directory: Path) -> Iterator[tuple[str, str, Any]]:
        told = _told(directory)
        for name, part in sorted(told["parts"].items()):
            if (directory / "shards" / name).is_dir():
                yield name, part, self.values(self._read(directory, told, [name]))

    def _read(self, directory: Path, told: Mapping[str, Any], names: Sequence[str]) -> Any:
        """Shards of people who were erased are not there any more. Raises NotEnoughData for none at all."""
        folders = [directory / "shards" / name for name in sorted(names)]
        there = [folder for folder in folders if folder.is_dir()]
        if not there:
            raise NotEnoughData(f"There are no {self.example.words} in this part")
        return self.read_shards(there, told)


def _balanced(data: Any, told: Mapping[str, Any]) -> Any:
    """What is learned from, its labels as often as a `BalancedBuildConfig` says."""
    how = told.get("balance", "none")
    return data if how == "none" else data.take(balance(data.y, how, told["seed"]))


def _told(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "manifest.json").read_text("utf-8"))
    return found


def files_hash(directory: Path) -> str:
    """SHA-256 over the names and contents of all files."""
    found = hashlib.sha256()
    for path in sorted(one for one in directory.rglob("*") if one.is_file()):
        with path.open("rb") as file:
            inner = hashlib.file_digest(file, "sha256").digest()
        found.update(path.relative_to(directory).as_posix().encode() + b"\0" + inner)
    return found.hexdigest()

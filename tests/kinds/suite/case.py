"""One kind with what it needs beside itself: what the checks are run on."""

import json
import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mlops.kinds.answers import Answer
from mlops.kinds.examples import Built
from mlops.kinds.options import options_check, options_of
from mlops.kinds.questions import Inputs, Payload
from mlops.ml.artifact import read_manifest, write_artifact
from mlops.ml.contract import NotEnoughData, ignore
from mlops.ml.registry import estimator_class
from mlops.ml.scoring import MODEL_FILE
from mlops.training.services.evaluation import estimator_make


@dataclass(frozen=True)
class World:
    """What a kind's author tells the checks.

    user         who asks; anything with a `pk`, and an `athlete` where the answers are about a person
    labels       of the task's label set; empty for kinds without one
    input        of the task, as the form or the API give it
    config       settings with which the first estimator trains within a second or two
    build        build options; the splits are the checks' business
    payloads     requests that must be answered, one for each way in
    refused      requests that must be refused with ValidationError or Http404
    corrections  what a person may say of an answer, as the feedback API gives it
    nonsense     what must be refused as a correction
    """

    user: Any
    labels: Sequence[str] = ()
    input: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    build: Mapping[str, Any] = field(default_factory=dict)
    payloads: Sequence[Payload] = ()
    refused: Sequence[Payload] = ()
    corrections: Sequence[Any] = ()
    nonsense: Sequence[Any] = ()


@dataclass
class Case:
    """A kind, its world, and an empty folder to write into. What is costly is made once."""

    kind: Any
    world: World
    folder: Path

    @cached_property
    def task(self) -> Any:
        names = [str(label) for label in self.world.labels]
        labels = SimpleNamespace(names=names, labels=[{"name": name, "title": name} for name in names])
        return SimpleNamespace(
            pk=uuid.uuid4(), name="checked", title="Checked", kind=self.kind.name, owner=None,
            label_set=labels if names else None, input=self.kind.check_input(dict(self.world.input)),
        )  # fmt: skip

    @property
    def splits(self) -> tuple[str, ...]:
        """How the kind's build can be split."""
        return next(option.choices for option in options_of(self.kind.Build) if option.name == "split")

    def parameters(self, **given: Any) -> dict[str, Any]:
        """Options of a build, checked and complete."""
        return options_check(options_of(self.kind.Build), {**self.world.build, **given}, missing="no such option")

    def build(self, on_step: Callable[..., None] = ignore, **given: Any) -> tuple[Built, Path]:
        """A dataset in a folder of its own."""
        directory = self.folder / uuid.uuid4().hex
        directory.mkdir()
        return self.kind.build(self.task, self.parameters(**given), directory, on_step), directory

    @cached_property
    def built(self) -> tuple[Built, Path]:
        return self.build()

    def part(self, name: str, directory: Path | None = None) -> Any:
        """A part of the dataset, None where nothing is in it."""
        try:
            data = self.kind.load(directory or self.built[1], name)
        except NotEnoughData:
            return None
        return data if len(data) else None

    @cached_property
    def train(self) -> Any:
        data = self.part("train")
        assert data is not None, f"{self.kind.name} builds a dataset without a training part"
        return data

    @cached_property
    def held_out(self) -> Any:
        data = self.part("test") if self.part("test") is not None else self.part("val")
        assert data is not None, f"{self.kind.name} keeps nothing aside to judge on"
        return data

    @cached_property
    def estimator(self) -> Any:
        """The first estimator, fitted."""
        estimator = estimator_make(estimator_class(self.kind.estimators[0]), dict(self.world.config), self.train)
        estimator.fit(self.train, seed=0)
        return estimator

    @cached_property
    def outputs(self) -> Any:
        return self.kind.outputs(self.estimator, self.held_out)

    @cached_property
    def artifact(self) -> Path:
        """The fitted estimator as an artifact."""

        def fill(directory: Path) -> None:
            self.estimator.save(directory)
            if hasattr(self.estimator, "export_onnx"):
                self.estimator.export_onnx(directory / MODEL_FILE)

        directory = self.built[1]
        facts = {"kind": self.kind.name, "estimator": self.kind.estimators[0], "config": dict(self.world.config)}
        facts |= self.kind.manifest(directory)
        facts |= self.kind.abstention(directory, self.outputs, self.held_out)
        return write_artifact(self.folder / "models", "checked", fill, facts)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return read_manifest(self.artifact)

    @cached_property
    def scorer(self) -> Any:
        return self.kind.scorer(self.artifact)

    def ask(self, payload: Payload) -> tuple[Inputs, list[Answer]]:
        """A request, as the door would answer it."""
        question = self.kind.read_question(self.task, again(payload), self.world.user)
        inputs = question.inputs(self.manifest)
        return inputs, self.kind.decide(self.scorer.answer(inputs.values), inputs, self.manifest)

    @cached_property
    def answers(self) -> list[Answer]:
        """To every request of the world."""
        return [answer for payload in self.world.payloads for answer in self.ask(payload)[1]]


def again(payload: Payload) -> Payload:
    """The same request, its files from the start."""
    for file in payload.files.values():
        file.seek(0)
    return payload


def is_json(value: Any) -> bool:
    """Whether it can be stored and sent: no NaN, no arrays, no tuples as keys."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def refuses(call: Callable[[], Any], errors: tuple[type[BaseException], ...], sentence: str) -> None:
    """Assert that a call raises one of these errors."""
    try:
        call()
    except errors:
        return
    except Exception as error:
        raise AssertionError(f"{sentence}, not with {type(error).__name__}: {error}") from error
    raise AssertionError(sentence)

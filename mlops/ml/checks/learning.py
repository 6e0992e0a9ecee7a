"""Checks of `fit`: what it refuses, reports, repeats, stops and goes on with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np

from mlops.ml.artifact import SAFE_SUFFIXES
from mlops.ml.checks.case import EQUAL_WITHIN, SEED, Case, gap, raises, unusable_inputs
from mlops.ml.contract import BadValue, Cancelled, CannotContinue, Continuation, NotEnoughData, NotFitted


def check_unusable_data_is_refused(case: Case) -> None:
    """Typed errors for data that nobody can learn from, and nothing half-learned afterwards."""
    for error, data, what in _unusable(case.train):
        estimator = case.make()
        raises(error, lambda e=estimator, d=data: e.fit(d), f"{case.name} must refuse {what} with {error.__name__}")  # type: ignore[misc]
        raises(NotFitted, lambda e=estimator: e.answer(case.test), f"{case.name} is not fitted after {what}")  # type: ignore[misc]


def check_it_reports_what_it_does(case: Case) -> None:
    """Progress only grows and ends at the whole; every epoch is told; the numbers are numbers."""
    steps: list[tuple[int, int]] = []
    rows: list[dict[str, float]] = []
    report = case.fit(case.make(), on_step=lambda done, total: steps.append((done, total)), on_epoch=rows.append)
    assert steps, f"{case.name} never calls on_step"
    shares = [done / total for done, total in steps]
    assert shares == sorted(shares), f"the progress of {case.name} goes backwards"
    assert shares[-1] == 1, f"the progress of {case.name} ends at {shares[-1]:.0%}"
    assert rows == report.curve, f"{case.name} reports another curve than it told on_epoch"
    assert rows, f"{case.name} has no curve"
    json.dumps([report.metrics, report.curve], allow_nan=False)
    assert report.metrics, f"{case.name} reports no metrics"
    assert report.n_parameters > 0, f"{case.name} reports no parameters"
    assert report.seconds > 0, f"{case.name} reports no time"


def check_the_same_seed_gives_the_same_model(case: Case) -> None:
    """Two fits with one seed answer alike, to the last bit, and leave everybody's generators alone."""
    before = np.random.get_state()[1].copy()  # type: ignore[index,union-attr]
    again = case.make()
    case.fit(again)
    after = np.random.get_state()[1]  # type: ignore[index]
    assert np.array_equal(before, after), f"{case.name} draws from NumPy's global generator"
    assert gap(again.answer(case.test), case.answers) == 0, f"{case.name} gives another model with the same seed"


def check_it_learns_without_validation(case: Case) -> None:
    """Validation is optional."""
    estimator = case.make()
    case.fit(estimator, validation=None)
    estimator.answer(case.test)


def check_cancelling_leaves_it_unfitted(case: Case) -> None:
    """What a progress callback raises comes through, and no half-trained model answers."""
    for n_before in (0, 1):
        calls: list[int] = []

        def stop(done: int, total: int, calls: list[int] = calls, n_before: int = n_before) -> None:
            calls.append(done)
            if len(calls) > n_before:
                raise Cancelled("enough")

        estimator = case.make()
        case.fit(estimator)
        raises(Cancelled, lambda e=estimator, s=stop: case.fit(e, on_step=s), f"{case.name} swallows Cancelled")  # type: ignore[misc]
        raises(NotFitted, lambda e=estimator: e.answer(case.test), f"{case.name} answers after a cancelled fit")  # type: ignore[misc]


def check_every_way_to_train(case: Case) -> None:
    """Where a config names ways to train, each works, stays finite and answers as many examples."""
    for trainer in _trainers(case):
        estimator = case.make(trainer=trainer)
        report = case.fit(estimator)
        assert np.isfinite(list(report.metrics.values())).all(), f"{case.name} ({trainer}) reports NaN"
        for name, values in estimator.answer(case.test).items():
            assert len(values) == len(case.test), f"{case.name} ({trainer}) answers {len(values)} {name}"


def check_a_killed_training_goes_on(case: Case) -> None:
    """A resumable estimator ends with the same model as if nothing had happened, and its checkpoints are safe."""
    if not case.cls.resumable:
        return
    for trainer in _trainers(case) or [None]:
        changed = {} if trainer is None else {"trainer": trainer}
        whole = case.fitted
        if trainer is not None and case.fitted.config.trainer != trainer:
            whole = case.make(**changed)
            case.fit(whole)
        with case.new_folder() as folder:
            life = _Life()
            killed = case.make(**changed)
            fit = lambda e=killed, d=life, f=folder: case.fit(e, on_step=d.step, on_epoch=d.die, checkpoint_dir=f)  # noqa: E731
            raises(KeyboardInterrupt, fit, f"{case.name} ends before a third epoch: give it a config with more")
            for path in folder.rglob("*"):
                safe = path.is_dir() or path.suffix in SAFE_SUFFIXES
                assert safe, f"{case.name} leaves the checkpoint {path.name}, which is no safe format"
            told: list[dict[str, float]] = []
            steps: list[int] = []
            again = case.make(**changed)
            report = case.fit(
                again, on_step=lambda done, _, to=steps: to.append(done), on_epoch=told.append, checkpoint_dir=folder
            )
            assert told == report.curve, f"{case.name} does not tell the earlier epochs again"
            assert steps[0] > life.done_after[0], f"{case.name} begins anew instead of going on"
            same = gap(again.answer(case.test), whole.answer(case.test)) == 0
            assert same, f"{case.name} ({trainer}) ends with another model when it was killed and went on"


def check_it_goes_on_from_a_model(case: Case) -> None:
    """What can continue leaves the model before as it was, repeats itself, saves, and refuses what it can't."""
    n = len(case.train)
    fresh = np.random.default_rng(SEED).random(n) < 0.3
    if not case.cls.continues:
        after = Continuation(case.fitted, fresh)
        raises(CannotContinue, lambda: case.fit(case.make(), after=after), f"{case.name} pretends to continue")
        return
    known = case.train.take(np.flatnonzero(~fresh))
    before = case.make()
    before.fit(known, validation=case.validation, seed=SEED)
    said = before.answer(case.test)
    found = []
    for _time in range(2):
        steps: list[float] = []
        estimator = case.make()
        report = case.fit(
            estimator,
            after=Continuation(before, fresh),
            on_step=lambda done, total, to=steps: to.append(done / total),
        )
        assert report.metrics, f"{case.name} reports nothing when it continues"
        assert report.curve, f"{case.name} has no curve when it continues"
        assert steps == sorted(steps), f"the progress of {case.name} goes backwards when it continues"
        assert steps[-1] == 1, f"the progress of {case.name} ends at {steps[-1]:.0%} when it continues"
        found.append(estimator.answer(case.test))
    assert gap(before.answer(case.test), said) == 0, f"{case.name} changes the model that it continues from"
    assert gap(*found) == 0, f"{case.name} continues to another model with the same seed"
    with case.new_folder() as folder:
        estimator.save(folder)
        again = case.cls.load(folder)
        same = gap(again.answer(case.test), found[0]) <= EQUAL_WITHIN
        assert same, f"{case.name} answers otherwise after it continued, was saved and loaded"
        case.fit(case.make(), after=Continuation(again, fresh))
    nothing = Continuation(before, np.zeros(n, bool))
    raises(CannotContinue, lambda: case.fit(case.make(), after=nothing), f"{case.name} continues with nothing new")
    raises(
        CannotContinue,
        lambda: case.fit(case.make(), after=Continuation(case.make(), fresh)),
        f"{case.name} continues from a model that is not fitted",
    )


class _Life:
    """Callbacks of a training that is killed when it tells its second epoch: the checkpoint of the first is left."""

    def __init__(self) -> None:
        self.done, self.done_after = 0, list[int]()

    def step(self, done: int, total: int) -> None:
        self.done = done

    def die(self, row: dict[str, float]) -> None:
        self.done_after.append(self.done)
        if len(self.done_after) == 2:
            raise KeyboardInterrupt


def _trainers(case: Case) -> list[Any]:
    spec = next((spec for spec in fields(case.cls.Config) if spec.name == "trainer"), None)
    return [] if spec is None else list(spec.metadata.get("choices") or ())


def _unusable(data: Any) -> Iterator[tuple[type[Exception], Any, str]]:
    """Examples of the same type that must be refused, with the error and a word for them."""
    yield NotEnoughData, data.take(np.zeros(0, np.int64)), "no examples"
    y = getattr(data, "y", None)
    if "y" in {spec.name for spec in fields(data)}:
        yield NotEnoughData, replace(data, y=None), "examples without truth"
    if isinstance(y, np.ndarray) and np.issubdtype(y.dtype, np.integer):
        yield NotEnoughData, replace(data, y=np.zeros_like(y)), "one class alone"
        yield BadValue, replace(data, y=y + len(data.labels)), "label numbers without a label"
    yield from unusable_inputs(data)


LEARNING = (
    check_unusable_data_is_refused,
    check_it_reports_what_it_does,
    check_the_same_seed_gives_the_same_model,
    check_it_learns_without_validation,
    check_cancelling_leaves_it_unfitted,
    check_every_way_to_train,
    check_a_killed_training_goes_on,
    check_it_goes_on_from_a_model,
)

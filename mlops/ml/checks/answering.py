"""Checks of what a fitted estimator says."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlops.ml.checks.case import EQUAL_WITHIN, Case, gap, raises, unusable_inputs
from mlops.ml.contract import Answers, NotFitted


def check_an_unfitted_one_says_so(case: Case) -> None:
    """No answer, no file and no export before `fit` or `load`."""
    estimator = case.make()
    raises(NotFitted, lambda: estimator.answer(case.test), f"an unfitted {case.name} must not answer")
    with case.new_folder() as folder:
        raises(NotFitted, lambda: estimator.save(folder), f"an unfitted {case.name} must not be saved")
        if hasattr(estimator, "export_onnx"):
            path = folder / "model.onnx"
            raises(NotFitted, lambda: estimator.export_onnx(path), f"an unfitted {case.name} must not be exported")


def check_answers_are_finite_and_one_for_each(case: Case) -> None:
    """Numbers are finite, probabilities sum to one, intervals hold their value, and nothing is left out."""
    assert case.answers, f"{case.name} answers nothing"
    for name, values in case.answers.items():
        values = np.asarray(values)
        assert len(values) == len(case.test), f"{case.name} gives {len(values)} {name} for {len(case.test)} examples"
        if not np.issubdtype(values.dtype, np.number):
            continue
        assert np.isfinite(values).all(), f"{case.name} answers NaN or infinity as {name}"
        if name.endswith("probabilities"):
            sums = values.sum(axis=-1)
            right = (values >= 0).all() and (np.isclose(sums, 1, atol=1e-4) | (sums == 0)).all()
            assert right, f"the {name} of {case.name} are no probabilities"
        if name.endswith("low"):
            stem = name.removesuffix("low")
            value, high = case.answers[stem + "value"], case.answers[stem + "high"]
            inside = (values <= value).all() and (value <= high).all()
            assert inside, f"{case.name} puts a value outside its interval"


def check_no_examples_no_answers(case: Case) -> None:
    """Nothing asked, nothing answered, under the same names."""
    found = case.fitted.answer(case.test.take(np.zeros(0, np.int64)))
    assert set(found) == set(case.answers), f"{case.name} names its answers otherwise when it is asked nothing"
    assert all(len(values) == 0 for values in found.values()), f"{case.name} answers without being asked"


def check_unusable_inputs_are_refused(case: Case) -> None:
    """A question that cannot be answered gives a typed error, and the next one an answer again."""
    for error, data, what in unusable_inputs(case.test):
        raises(error, lambda d=data: case.fitted.answer(d), f"{case.name} must refuse {what} with {error.__name__}")  # type: ignore[misc]
    case.fitted.answer(case.test)


def check_neighbours_do_not_matter(case: Case) -> None:
    """An example alone is answered as it is among others: no batch statistics, no padding that shows."""
    for i in range(min(4, len(case.test))):
        alone = case.fitted.answer(case.test.take(np.asarray([i])))
        together = {name: values[i : i + 1] for name, values in case.answers.items()}
        found = gap(*_of_one_length(alone, together))
        assert found < EQUAL_WITHIN, f"{case.name} answers example {i} otherwise (by {found:.2g}) when it is alone"


def check_asking_changes_nothing(case: Case) -> None:
    """The same question twice is answered alike."""
    assert gap(case.fitted.answer(case.test), case.answers) == 0, f"{case.name} answers otherwise the second time"


def _of_one_length(alone: Answers, together: Answers) -> tuple[Answers, Answers]:
    """Answers with a time of their own, cut to the shorter: what comes after the end means nothing."""
    cut: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for name, values in alone.items():
        other = together[name]
        n = min(values.shape[1], other.shape[1]) if values.ndim > 2 else None
        cut[0][name], cut[1][name] = (values, other) if n is None else (values[:, :n], other[:, :n])
    return cut


ANSWERING = (
    check_an_unfitted_one_says_so,
    check_answers_are_finite_and_one_for_each,
    check_no_examples_no_answers,
    check_unusable_inputs_are_refused,
    check_neighbours_do_not_matter,
    check_asking_changes_nothing,
)

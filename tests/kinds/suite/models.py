"""Checks of what is learned, measured, explained and kept."""

import uuid

import numpy as np
from django.core.exceptions import ValidationError

from mlops.kinds.base import Importance, Picture
from tests.kinds.suite.case import Case, is_finite, is_json

PNG = b"\x89PNG\r\n\x1a\n"


def check_outputs_are_one_for_each(case: Case) -> None:
    """An estimator answers every example, and an example alone as among others."""
    n = len(case.held_out)
    assert len(case.outputs) == n, f"{len(case.outputs)} outputs for {n} {case.kind.example.words}"


def check_every_declared_metric_is_measured(case: Case) -> None:
    """`evaluate` and `baseline` together give each metric as a number, and all of it can be stored."""
    kind = case.kind
    found = {**kind.evaluate(case.outputs, case.held_out), **kind.baseline(case.train, case.held_out)}
    assert is_json(found), f"the figures of {kind.name} cannot be stored as JSON"
    missing = [metric.name for metric in kind.metrics if not is_finite(found.get(metric.name))]
    assert not missing, f"{kind.name} declares and does not measure {', '.join(missing)}"
    for metric in kind.metrics:
        is_share = metric.style == "share"
        assert not is_share or 0 <= found[metric.name] <= 1, f"{metric.name} is no share: {found[metric.name]}"
    for table in found.get("tables", []):
        widths = {len(row) for row in table["rows"]} | {len(table["columns"])}
        assert len(widths) == 1, f"the table {table['title']} has rows of different lengths"


def check_it_beats_guessing(case: Case) -> None:
    """On its own toy world a model is better than the baseline of the same metric, where there is one."""
    kind, primary = case.kind, case.kind.primary
    guessed = kind.baseline(case.train, case.held_out).get(f"baseline_{primary.name}")
    if guessed is None:
        return
    reached = kind.evaluate(case.outputs, case.held_out)[primary.name]
    assert primary.better(reached, guessed), f"{primary.name} {reached:.3f} is not better than guessing, {guessed:.3f}"


def check_two_models_can_be_compared(case: Case) -> None:
    """One value of the primary metric for each example, and a version is comparable on its own data."""
    values = case.kind.pair_values(case.outputs, case.held_out)
    if values is not None:
        assert np.shape(values) == (len(case.held_out),), f"{np.shape(values)} values for {len(case.held_out)} examples"
        assert np.isfinite(np.asarray(values, float)).all(), "a value of one example is no number"
        mean = float(np.mean(values))
        reached = case.kind.evaluate(case.outputs, case.held_out)[case.kind.primary.name]
        assert abs(mean - reached) <= 0.02 + 0.02 * abs(reached), f"single values average {mean}, not {reached}"
    why = case.kind.comparable(case.manifest, case.held_out)
    assert why == "", f"a version cannot be measured on its own data: {why}"


def check_abstention_is_kept(case: Case) -> None:
    """When a model should not answer is JSON, for its manifest."""
    found = case.kind.abstention(case.built[1], case.outputs, case.held_out)
    assert is_json(found), f"abstention of {case.kind.name} cannot be kept in a manifest"


def check_it_explains_or_says_nothing(case: Case) -> None:
    """Importances have a name and numbers."""
    for one in case.kind.explain(case.estimator, case.held_out, case.manifest):
        assert isinstance(one, Importance), "explain gives Importances"
        assert one.name, "an importance has a name"
        numbers = (one.mean, one.spread)
        assert all(map(is_finite, numbers)), f"the importance of {one.name} is no number: {numbers}"


def check_pictures_are_pictures(case: Case) -> None:
    """What is drawn is there as PNG, with a title and a sentence."""
    folder = case.folder / uuid.uuid4().hex
    folder.mkdir()
    for one in case.kind.draw(case.estimator, folder):
        assert isinstance(one, Picture), "draw gives Pictures"
        assert all((one.title, one.summary)), "a picture has a title and a sentence"
        assert (folder / one.file).read_bytes().startswith(PNG), f"{one.file} is no PNG"
        assert all(len(row) == len(one.columns) for row in one.rows), f"the table of {one.file} has uneven rows"


def check_a_retraining_can_be_built(case: Case) -> None:
    """The parameters of a retraining are ones that a build takes."""
    wanted = case.kind.retrain_parameters(case.parameters())
    try:
        built, _ = case.build(**wanted)
    except ValidationError as error:
        raise AssertionError(f"a retraining of {case.kind.name} cannot be built: {error}") from error
    assert built.groups, f"a retraining with {wanted} builds nothing"


MODELS = (
    check_outputs_are_one_for_each,
    check_every_declared_metric_is_measured,
    check_it_beats_guessing,
    check_two_models_can_be_compared,
    check_abstention_is_kept,
    check_it_explains_or_says_nothing,
    check_pictures_are_pictures,
    check_a_retraining_can_be_built,
)

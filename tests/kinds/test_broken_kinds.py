"""A kind that breaks one promise is caught by the check of that promise: the suite can fail."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mlops.kinds.answers import Answer, Headline
from mlops.kinds.base import CardText, Importance, Picture
from mlops.kinds.examples import ExampleSpec, SourceSummary
from mlops.kinds.exchange import ExchangeHooks, HubCard, Imported
from mlops.kinds.metric import Metric
from mlops.kinds.questions import Inputs, Question
from mlops.ml.contract import ignore
from tests.kinds.suite import CHECKS, Case
from tests.kinds.worlds import TOYS

UNEVEN = {"title": "Errors", "columns": [], "rows": [[1]]}
Sabotage = Callable[[Any], None]


@dataclass
class NotFrozen:
    split: str = "subjects"


class Astray(ExchangeHooks):
    """Its examples reach a foreign model in another order."""

    def values(self, kind: Any, data: Any, own: Any, model: Any) -> Any:
        return super().values(kind, data, own, model)[::-1]


class Silent(ExchangeHooks):
    """Publishes a folder with nothing in it."""

    def write_folder(self, kind: Any, artifact: Any, out: Any) -> HubCard:
        return HubCard(("toy",), "toy", ["print()"], {})


class Nameless(ExchangeHooks):
    """Claims a figure that nobody measures."""

    def write_folder(self, kind: Any, artifact: Any, out: Any) -> HubCard:
        return replace(super().write_folder(kind, artifact, out), figures={"auc": "auc"})


class Trusting(ExchangeHooks):
    """Reads a folder without looking."""

    def read_folder(self, kind: Any, task: Any, folder: Any) -> Imported:
        return Imported("toy", {}, {}, lambda directory: None)


def sets(**values: Any) -> Sabotage:
    """Attributes or methods of this one instance are replaced."""
    return lambda kind: [setattr(kind, name, value) for name, value in values.items()]


def wraps(name: str, change: Callable[[Any], Any]) -> Sabotage:
    """What a method gives is changed on the way out."""

    def sabotage(kind: Any) -> None:
        before = getattr(kind, name)
        setattr(kind, name, lambda *args, **more: change(before(*args, **more)))

    return sabotage


def groups_changed(**values: Any) -> Sabotage:
    """Every group of a build gets other values."""
    return wraps(
        "build",
        lambda built: replace(built, groups={name: replace(g, **values) for name, g in built.groups.items()}),
    )


def leaves(path: str, text: str) -> Sabotage:
    """A build leaves one more file."""

    def sabotage(kind: Any) -> None:
        before = kind.build

        def build(task: Any, parameters: Any, directory: Any, on_step: Any) -> Any:
            built = before(task, parameters, directory, on_step)
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(text)
            return built

        kind.build = build

    return sabotage


def deaf(kind: Any) -> None:
    """A build that tells nobody."""
    before = kind.build
    kind.build = lambda task, parameters, directory, on_step: before(task, parameters, directory, ignore)


def forgets(**values: Any) -> Sabotage:
    """A build that does not look at some of its options."""

    def sabotage(kind: Any) -> None:
        before = kind.build
        kind.build = lambda task, given, directory, on_step: before(task, {**given, **values}, directory, on_step)

    return sabotage


def by_chance(kind: Any) -> None:
    count = iter(range(1000))
    wraps("build", lambda built: replace(built, content_hash=f"{next(count):064d}"))(kind)


def dealt(kind: Any) -> None:
    """Groups dealt out by their place in a list: who leaves moves those behind."""
    parts = ("train", "train", "val", "test")

    def deal(built: Any) -> Any:
        dealt = {name: replace(built.groups[name], part=parts[n % 4]) for n, name in enumerate(sorted(built.groups))}
        return replace(built, groups=dealt)

    wraps("build", deal)(kind)


def one_side(kind: Any) -> None:
    """A fold that learns from the group that judges it."""
    before = kind.fold
    kind.fold = lambda directory, group: (kind.load(directory, "train"), before(directory, group)[1])


def remembers(kind: Any) -> None:
    """Data kept outside the shards: an erased group is loaded all the same."""
    kept: dict[str, Any] = {}
    before = kind.load

    def load(directory: Any, part: str) -> Any:
        found = kept.setdefault(f"{directory} {part}", before(directory, part))
        return found

    before_build = kind.build

    def build(task: Any, parameters: Any, directory: Any, on_step: Any) -> Any:
        built = before_build(task, parameters, directory, on_step)
        load(directory, "train")
        return built

    kind.load, kind.build = load, build


def batchwise(kind: Any) -> None:
    """A scorer that looks at its neighbours."""
    before = kind.scorer

    def scorer(path: Any) -> Any:
        real = before(path)
        return SimpleNamespace(answer=lambda values: real.answer(np.asarray(values) + len(values)))

    kind.scorer = scorer


def restless(kind: Any) -> None:
    rng = np.random.default_rng(0)
    kind.statistics = lambda values, manifest: rng.normal(size=(len(values), 3))


BROKEN: dict[str, list[tuple[str, Sabotage]]] = {
    "it_is_named": [("toy_day", sets(name="To day")), ("toy_day", sets(example=ExampleSpec(group="")))],
    "it_names_things_that_exist": [
        ("toy_day", sets(estimators=("nobody_wrote_it",))),
        ("toy_day", sets(estimators=())),
        ("toy_day", sets(learning_scope="everything")),
        ("toy_day", sets(queue="fast")),
        ("toy_day", sets(accepts=("carrier pigeon",))),
        ("toy_day", sets(runs_in="the cloud")),
        ("toy_day", sets(review=object())),
        ("toy_day", sets(exchange=object())),
        ("toy_day", sets(tolerance=0)),
    ],
    "metrics_and_gates": [
        ("toy_day", sets(metrics=())),
        ("toy_day", sets(metrics=(Metric("mae", "A"), Metric("mae", "B")))),
        ("toy_day", sets(gates={"beauty": 0.5})),
        ("toy_day", sets(metrics=(Metric("baseline_mae", "A"),), gates={})),
    ],
    "a_form_can_be_made_of_the_build": [("toy_day", sets(Build=NotFrozen))],
    "the_input_has_a_normal_form": [
        ("toy_day", wraps("check_input", lambda value: {"days_ahead": value["days_ahead"] + 1})),
        ("toy_day", wraps("check_input", lambda value: {"days_ahead": {1, 2}})),
        ("toy_photo", sets(check_input=lambda value: {"plate": "round"})),
    ],
    "the_card_and_the_summary": [
        ("toy_day", sets(summary=lambda task: SourceSummary(0, 0))),
        ("toy_day", sets(card=lambda manifest: "a card")),
        ("toy_day", sets(card=lambda manifest: CardText(inputs=[3]))),  # type: ignore[list-item]
    ],
    "groups_have_a_shard_and_an_owner": [
        ("toy_day", groups_changed(part="mixed")),
        ("toy_day", groups_changed(owner="", rights="")),
        ("toy_day", groups_changed(n_examples=0)),
        ("toy_day", wraps("build", lambda built: replace(built, groups={"../up": built.groups["s00"]}))),
        ("toy_day", wraps("build", lambda built: replace(built, facts={"n_examples": 3}))),
    ],
    "nothing_lies_beside_the_shards": [
        ("toy_day", leaves("notes.txt", "p0 slept badly")),
        ("toy_day", leaves("shards/s00/notes.txt", "the same as p3")),
        ("toy_day", leaves("shards/nobody/x.txt", "")),
    ],
    "the_same_build_has_the_same_hash": [("toy_day", by_chance)],
    "a_build_tells_and_can_be_stopped": [("toy_day", deaf)],
    "parts_hold_whole_groups": [
        ("toy_day", groups_changed(part="train")),
        ("toy_day", wraps("build", lambda built: replace(built, facts={**built.facts, "split": {"leaky": True}}))),
    ],
    "ratios_are_taken": [("toy_day", forgets(test_ratio=0.15, val_ratio=0.15))],
    "nobody_moves_the_others": [("toy_day", dealt)],
    "each_group_can_be_left_out": [
        ("toy_day", one_side),
        ("toy_day", wraps("fold", lambda both: (both[0], both[1].take(np.arange(2))))),
    ],
    "an_erased_group_is_gone": [("toy_day", remembers)],
    "the_manifest_of_a_model_travels": [
        ("toy_day", sets(manifest=lambda directory: json.loads((directory / "manifest.json").read_text()))),
        ("toy_day", sets(manifest=lambda directory: {"names": {1, 2}})),
    ],
    "outputs_are_one_for_each": [("toy_day", wraps("outputs", lambda found: found[:-1]))],
    "every_declared_metric_is_measured": [
        ("toy_day", wraps("evaluate", lambda found: {"mae": found["mae"]})),
        ("toy_day", wraps("evaluate", lambda found: {**found, "coverage": 90.0})),
        ("toy_day", wraps("evaluate", lambda found: {**found, "mae": float("nan")})),
        ("toy_clip", wraps("evaluate", lambda found: {**found, "tables": [UNEVEN]})),
    ],
    "it_beats_guessing": [("toy_day", wraps("outputs", lambda found: np.zeros_like(found)))],
    "two_models_can_be_compared": [
        ("toy_day", wraps("pair_values", lambda found: found[:-1])),
        ("toy_day", wraps("pair_values", lambda found: found * 3)),
        ("toy_day", wraps("pair_values", lambda found: found * np.nan)),
        ("toy_day", sets(comparable=lambda manifest, data: "They differ.")),
    ],
    "abstention_is_kept": [("toy_photo", sets(abstention=lambda *rest: {"below": np.float32(0.1)}))],
    "it_explains_or_says_nothing": [
        ("toy_day", sets(explain=lambda *rest: [("sleep", 0.3)])),
        ("toy_day", sets(explain=lambda *rest: [Importance("sleep", float("nan"))])),
    ],
    "pictures_are_pictures": [
        ("toy_photo", wraps("draw", lambda found: [replace(found[0], summary="")])),
        ("toy_photo", wraps("draw", lambda found: [Picture(found[0].file, "A", "B", ["one"], [[1, 2]])])),
    ],
    "a_retraining_can_be_built": [("toy_day", sets(retrain_parameters=lambda given: {**given, "split": "by age"}))],
    "what_is_kept_answers_like_what_was_judged": [("toy_day", wraps("outputs", lambda found: found + 1))],
    "it_can_be_warmed": [
        ("toy_day", sets(example_input=lambda manifest: np.zeros((2, 3)))),
        ("toy_day", sets(max_batch=lambda manifest: 0)),
    ],
    "requests_are_read_and_answered": [
        ("toy_day", sets(read_question=lambda *rest: Question(lambda manifest: Inputs(np.zeros((0, 3)))))),
        ("toy_day", sets(read_question=lambda *rest: np.zeros((1, 3)))),
        ("toy_day", wraps("decide", lambda found: found[:-1])),
    ],
    "answers_can_be_stored_and_sent": [
        ("toy_day", sets(decide=lambda outputs, *rest: [Answer(np.float32(1), Headline(number=1.0)) for _ in outputs])),
        ("toy_day", sets(decide=lambda outputs, *rest: [Answer(1, Headline(reason="a" * 13)) for _ in outputs])),
        ("toy_day", sets(decide=lambda outputs, *rest: [Answer(1, Headline(number=float("nan"))) for _ in outputs])),
        ("toy_day", sets(decide=lambda outputs, *rest: [Answer(1, Headline("a", confidence=1.5)) for _ in outputs])),
        ("toy_day", sets(decide=lambda outputs, *rest: [Answer(1, Headline("", 1.0, 2.0, 3.0)) for _ in outputs])),
        ("toy_day", sets(decide=lambda outputs, *rest: [Answer({}, Headline(reason="unsure")) for _ in outputs])),
    ],
    "neighbours_do_not_matter": [("toy_day", batchwise)],
    "nonsense_is_refused": [
        ("toy_day", sets(read_inputs=lambda payload, manifest: np.zeros((1, 3)))),
        ("toy_day", sets(read_inputs=lambda payload, manifest: np.array([payload["sleep"]]))),
    ],
    "statistics_are_of_what_was_measured": [
        ("toy_day", wraps("statistic_names", lambda found: found[:-1])),
        ("toy_day", wraps("statistic_names", lambda found: ["sleep"] * 3)),
        ("toy_day", wraps("statistics", lambda found: found + np.inf)),
        ("toy_day", restless),
    ],
    "the_reference_is_the_dataset": [
        ("toy_day", sets(reference=lambda directory: iter(()))),
        ("toy_day", wraps("reference", lambda found: [("somebody", part, values) for _, part, values in found])),
        ("toy_day", wraps("reference", lambda found: [(name, "val", values) for name, _, values in found])),
    ],
    "it_says_why_or_nothing": [
        ("toy_day", sets(why=lambda *rest: ["because"])),
        ("toy_day", sets(why=lambda *rest: [Importance("sleep", float("inf"))])),
    ],
    "corrections_are_read": [("toy_day", sets(check_correction=lambda task, given: given))],
    "agreement_tells_right_from_wrong": [
        ("toy_day", sets(agreement=lambda answered, correction: 1.0)),
        ("toy_day", sets(agreement=lambda answered, correction: 2.0)),
    ],
    "uncertainty_orders_the_queue": [
        ("toy_day", sets(uncertainty=lambda answers: [2.0 for _ in answers])),
        ("toy_day", sets(uncertainty=lambda answers: [0.5])),
    ],
    "it_travels": [
        ("toy_day", sets(exchange=Astray())),
        ("toy_day", sets(exchange=Silent())),
        ("toy_day", sets(exchange=Nameless())),
    ],
    "an_altered_folder_is_refused": [("toy_day", sets(exchange=Trusting()))],
}  # fmt: skip


def _cases() -> list[Any]:
    found = []
    for check in CHECKS:
        name = check.__name__.removeprefix("check_")
        for number, (kind, sabotage) in enumerate(BROKEN.get(name, [])):
            found.append(pytest.param(check, kind, sabotage, id=f"{name}-{number}"))
    return found


@pytest.mark.parametrize(("check", "name", "sabotage"), _cases())
def test_a_broken_promise_is_caught(check, name, sabotage, asker, tmp_path):
    kind, world = TOYS[name](None, asker)
    sabotage(kind)
    with pytest.raises(AssertionError):
        check(Case(kind, world, tmp_path))


def test_every_check_has_a_kind_that_it_catches():
    missing = {check.__name__.removeprefix("check_") for check in CHECKS} - set(BROKEN)
    assert not missing, f"nobody shows that these can fail: {', '.join(sorted(missing))}"

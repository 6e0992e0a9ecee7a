"""Checks of what a kind says about itself."""

import re
from dataclasses import FrozenInstanceError, fields, is_dataclass

from django.core.exceptions import ValidationError

from accounts.models import LearningScope
from mlops.jobs.kinds import QUEUES
from mlops.kinds.base import CardText
from mlops.kinds.examples import BuildConfig
from mlops.kinds.exchange import ExchangeHooks
from mlops.kinds.judging import JudgingRules
from mlops.kinds.metric import Metric
from mlops.kinds.options import options_check, options_of
from mlops.kinds.review import ReviewHooks
from mlops.ml.registry import estimators
from tests.kinds.suite.case import Case, is_json, refuses


def check_it_is_named(case: Case) -> None:
    """A name for programs, a title for people, words for an example and its group."""
    kind = case.kind
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,62}", kind.name), f"{kind.name!r} is no name: letters, digits and _"
    assert kind.title.strip(), f"{kind.name} has no title"
    words = (kind.example.word, kind.example.words, kind.example.group, kind.example.groups, kind.example.sources)
    assert all(words), f"{kind.name} does not say what an example, its group and its source are called"


def check_it_names_things_that_exist(case: Case) -> None:
    """Estimators, the learning consent, the queue, the ways in and the place where it runs."""
    kind = case.kind
    assert kind.estimators, f"{kind.name} names no estimator"
    missing = set(kind.estimators) - set(estimators())
    assert not missing, f"{kind.name} names estimators that nobody registered: {', '.join(sorted(missing))}"
    assert kind.learning_scope in LearningScope.values, f"{kind.name} asks for a consent that nobody can give"
    assert kind.queue in QUEUES, f"no worker takes trainings of {kind.name} from the queue {kind.queue!r}"
    assert set(kind.accepts) <= {"json", "multipart"}, f"{kind.name} cannot be asked by {kind.accepts}"
    assert kind.accepts, f"{kind.name} says no way in"
    assert kind.runs_in in ("web", "models"), f"nothing runs in {kind.runs_in!r}"
    assert kind.review is None or isinstance(kind.review, ReviewHooks), f"review of {kind.name} is no ReviewHooks"
    assert isinstance(kind.exchange, ExchangeHooks), f"exchange of {kind.name} is no ExchangeHooks"
    judging = kind.judging
    assert isinstance(judging, JudgingRules), f"judging of {kind.name} is no JudgingRules"
    assert judging.min_groups >= 2, f"{kind.name} lets one {kind.example.group} judge a version"
    assert judging.min_examples >= judging.min_groups, f"{kind.name} lets too few {kind.example.words} judge a version"
    assert 0 <= judging.worse_by < 1, f"what a version of {kind.name} may be worse by is a part of 1"
    assert 0 < kind.tolerance < float("inf"), f"the tolerance of {kind.name} is no gap"


def check_metrics_and_gates(case: Case) -> None:
    """Names once each, and gates for metrics that exist."""
    kind = case.kind
    names = [metric.name for metric in kind.metrics]
    assert all(isinstance(metric, Metric) for metric in kind.metrics), f"metrics of {kind.name} are made with Metric"
    assert names, f"{kind.name} declares no metric"
    assert len(names) == len(set(names)), f"{kind.name} declares a metric twice"
    strange = set(kind.gates) - set(names)
    assert not strange, f"{kind.name} has gates for what it does not measure: {', '.join(sorted(strange))}"
    assert not names[0].startswith("baseline_"), f"versions of {kind.name} cannot be ranked by a baseline"


def check_a_form_can_be_made_of_the_build(case: Case) -> None:
    """`Build` is a frozen BuildConfig whose fields are made with `option`, and its defaults pass."""
    build = case.kind.Build
    assert issubclass(build, BuildConfig), f"Build of {case.kind.name} is no BuildConfig"
    assert is_dataclass(build), f"{build.__name__} is no dataclass"
    refuses(
        lambda: setattr(build(), fields(build)[0].name, None), (FrozenInstanceError,), f"{build.__name__} is not frozen"
    )
    options = options_of(build)
    for option in options:
        assert option.help, f"the build option {option.name} has no help; make it with option()"
    assert options_check(options, {}, missing="-"), "the defaults of a build must pass"
    assert is_json(options_check(options, {}, missing="-")), "the defaults of a build must be JSON"


def check_the_input_has_a_normal_form(case: Case) -> None:
    """What the form begins with is accepted; checking twice changes nothing; nonsense is refused in words."""
    kind = case.kind
    initial = {field.name: field.initial for field in kind.input_fields() if field.initial}
    asked = dict(case.world.input) or initial
    once = kind.check_input(asked)
    assert is_json(once), f"the input of a {kind.name} task must be JSON"
    assert kind.check_input(once) == once, f"check_input of {kind.name} changes its own normal form"
    for field in kind.input_fields():
        known = {value for value, _ in field.choices}
        assert not known or not field.initial or field.initial in known, f"{field.name} begins with no choice"
        if known:
            strange = {**asked, field.name: "no such choice"}
            refuses(lambda s=strange: kind.check_input(s), (ValidationError,), f"{kind.name} must refuse {strange}")


def check_the_card_and_the_summary(case: Case) -> None:
    """Words for the model card; counts of what can be learned from."""
    summary = case.kind.summary(case.task)
    assert summary.n_groups > 0, f"{case.kind.name} finds nothing to learn from in its world"
    assert all(amount > 0 for amount in summary.amounts.values()), "an amount that is there is above 0"
    card = case.kind.card(case.manifest)
    assert isinstance(card, CardText), f"the card of {case.kind.name} is no CardText"
    assert all(isinstance(line, str) for line in (*card.inputs, *card.limits)), "a card is made of lines"


DECLARATION = (
    check_it_is_named,
    check_it_names_things_that_exist,
    check_metrics_and_gates,
    check_a_form_can_be_made_of_the_build,
    check_the_input_has_a_normal_form,
    check_the_card_and_the_summary,
)

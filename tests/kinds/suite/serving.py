"""Checks of a served model: what was judged is what answers, whoever asks and together with whom."""

import numpy as np
from django.core.exceptions import ValidationError
from django.http import Http404

from mlops.kinds.base import Importance
from mlops.kinds.batches import batch_key, joined, largest_gap
from mlops.kinds.questions import Inputs, Question
from tests.kinds.suite.case import Case, again, is_finite, is_json, refuses


def check_what_is_kept_answers_like_what_was_judged(case: Case) -> None:
    """The gap between the estimator and its artifact lies below the kind's tolerance."""
    gap = case.kind.check_export(case.artifact, case.estimator, case.train)
    assert gap <= case.kind.tolerance, f"the artifact of {case.kind.name} answers otherwise, by {gap:.3g}"


def check_it_can_be_warmed(case: Case) -> None:
    """One plausible example is answered, alone and in a batch of 64 as the engine makes it."""
    one = case.kind.example_input(case.manifest)
    assert len(one) == 1, "example_input is one example"
    assert len(case.scorer.answer(one)) == 1, "one example, one output"
    many = np.concatenate([one] * 64) if isinstance(one, np.ndarray) else list(one) * 64
    assert len(case.scorer.answer(many)) == 64, "64 examples, 64 outputs"
    assert case.kind.max_batch(case.manifest) >= 1, "a batch holds one example at least"


def check_requests_are_read_and_answered(case: Case) -> None:
    """Each way in gives a Question, inputs with a length and one Answer for each of them."""
    assert case.world.payloads, "the world has no request to answer"
    for payload in case.world.payloads:
        question = case.kind.read_question(case.task, again(payload), case.world.user)
        assert isinstance(question, Question), "read_question gives a Question"
        assert isinstance(question.who, str), "who is a text"
        inputs, answers = case.ask(payload)
        assert isinstance(inputs, Inputs), "a question gives Inputs"
        assert len(inputs) > 0, "a question has at least one example"
        assert inputs.locators is None or len(inputs.locators) == len(inputs), "one place for each example, or none"
        assert len(answers) == len(inputs), f"{len(answers)} answers to {len(inputs)} examples"
        for number in range(len(inputs)):
            place = inputs.at(number)
            assert len(place.place) <= 80, f"{place.place} is too long for the log"
            assert place.end_s >= place.start_s, "a span ends before it begins"


def check_answers_can_be_stored_and_sent(case: Case) -> None:
    """The value is JSON; the headline is short and holds numbers that are numbers."""
    for answer in case.answers:
        assert is_json(answer.value), f"an answer of {case.kind.name} is no JSON: {answer.value!r}"
        head = answer.headline
        assert is_json(head.to_json()), "a headline is JSON"
        assert len(head.label) <= 64, f"{head.label} is too long for the log"
        assert len(head.reason) <= 12, f"the reason {head.reason!r} is too long for the log: 12 letters at most"
        numbers = (head.number, head.low, head.high, head.confidence)
        assert all(one is None or is_finite(one) for one in numbers), f"a headline holds no number: {head}"
        assert head.confidence is None or 0 <= head.confidence <= 1, f"a confidence lies from 0 to 1: {head}"
        if head.low is not None and head.high is not None and head.number is not None:
            assert head.low <= head.number <= head.high, f"the interval does not hold its value: {head}"
        assert answer.value not in (None, "", {}, []), "an answer says something, also when its headline withholds it"


def check_neighbours_do_not_matter(case: Case) -> None:
    """Questions of several people are scored in one batch: each is answered as it would be alone."""
    found = [case.ask(payload)[0].values for payload in case.world.payloads]
    alike = [values for values in found if batch_key(values) == batch_key(found[0])]
    together = case.scorer.answer(joined([*alike, *alike]))
    alone = case.scorer.answer(alike[0])
    gap = largest_gap(alone, together[: len(alone)])
    assert gap <= case.kind.tolerance, f"an example of {case.kind.name} is answered otherwise among others, by {gap}"


def check_nonsense_is_refused(case: Case) -> None:
    """What cannot be read is a ValidationError, what is not there or not one's own an Http404; never a crash."""
    from mlops.kinds.questions import Payload

    for payload in (*case.world.refused, Payload({}), Payload({"no such field": 1})):
        words = f"{case.kind.name} must refuse {str(payload.data)[:80]} with ValidationError or Http404"
        refuses(lambda one=payload: case.ask(one), (ValidationError, Http404), words)


def check_statistics_are_of_what_was_measured(case: Case) -> None:
    """As many numbers as names, one row for each example, the same for the same example."""
    names = case.kind.statistic_names(case.manifest)
    assert len(names) == len(set(names)), f"{case.kind.name} watches something twice"
    for payload in case.world.payloads:
        values = case.ask(payload)[0].values
        first, second = (np.asarray(case.kind.statistics(values, case.manifest), float) for _ in range(2))
        assert first.shape == (len(values), len(names)), f"statistics of {first.shape}, {len(names)} names"
        assert not np.isinf(first).any(), "a statistic is infinite; unknown is NaN"
        assert np.array_equal(first, second, equal_nan=True), "statistics differ from one time to the next"


def check_the_reference_is_the_dataset(case: Case) -> None:
    """What drift compares with: groups of the dataset, in their parts, as the scorer takes them."""
    built, directory = case.built
    names = case.kind.statistic_names(case.manifest)
    found = list(case.kind.reference(directory))
    if not names:
        return
    assert found, f"{case.kind.name} watches {len(names)} statistics and has nothing to compare them with"
    for group, part, values in found:
        assert group in built.groups, f"the reference names {group}, which is not in the dataset"
        assert part == built.groups[group].part, f"{group} is in {built.groups[group].part}, not in {part}"
        assert len(case.kind.statistics(values, case.manifest)) == len(values), "statistics of the reference"
    assert len(case.scorer.answer(found[0][2])) == len(found[0][2]), "the scorer must take the reference"


def check_it_says_why_or_nothing(case: Case) -> None:
    """What made an answer has names and numbers."""
    for payload in case.world.payloads:
        for one in case.kind.why(case.scorer, case.ask(payload)[0].values[:1], case.manifest):
            assert isinstance(one, Importance), "why gives Importances"
            assert one.name, "a reason has a name"
            assert is_finite(one.mean), f"the effect of {one.name} is no number"


SERVING = (
    check_what_is_kept_answers_like_what_was_judged,
    check_it_can_be_warmed,
    check_requests_are_read_and_answered,
    check_answers_can_be_stored_and_sent,
    check_neighbours_do_not_matter,
    check_nonsense_is_refused,
    check_statistics_are_of_what_was_measured,
    check_the_reference_is_the_dataset,
    check_it_says_why_or_nothing,
)

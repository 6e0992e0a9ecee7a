"""The kind of repetitions: what it says, withholds, refuses, and learns from."""

from types import SimpleNamespace

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from mlops.kinds.base import task_kind
from mlops.kinds.questions import Inputs
from mlops.ml.biomechanics.generator import EXERCISES, generate_repetition
from mlops.ml.biomechanics.learning import person_made
from mlops.ml.biomechanics.likeness import likeness_fit, statistics_of
from sessions.form_kind import FormBuild

MANIFEST = {"exercises": list(EXERCISES), "abstain_below": 0.6, "bands": {"form_score": 8.0}}


@pytest.fixture
def kind():
    return task_kind("form")


def _output(exercise="squat", confidence=0.9, score=72.0):
    shares = np.full(5, (1 - confidence) / 4)
    shares[EXERCISES.index(exercise)] = confidence
    return {"form_score_value": [score], "risk_value": [12.0], "joint_angles_value": [90.0] * 6,
            "exercise_probabilities": shares.tolist()}  # fmt: skip


def _asked(**changes):
    made = generate_repetition("squat", {}, "right", 1)
    given = {"landmarks": made.landmarks.tolist(), "times": made.times.tolist(),
             "aspect": made.camera.width / made.camera.height}  # fmt: skip
    return {**given, **changes}


def test_an_answer_has_a_band_a_level_and_every_head(kind):
    (answer,) = kind.decide([_output()], None, MANIFEST)
    assert (answer.headline.label, answer.headline.number) == ("squat", 72.0)
    assert (answer.headline.low, answer.headline.high) == (64.0, 80.0)
    assert answer.value["form_level"] == "good"
    assert len(answer.value["joint_angles"]) == 6
    assert not answer.headline.abstained


def test_scores_stay_between_0_and_100(kind):
    answers = kind.decide([_output(score=130.0), _output(score=-20.0)], None, MANIFEST)
    assert [one.headline.number for one in answers] == [100.0, 0.0]
    assert all(0 <= one.headline.low <= one.headline.high <= 100 for one in answers)


def test_it_withholds_when_it_is_unsure_which_exercise_it_is(kind):
    (answer,) = kind.decide([_output(confidence=0.5)], None, MANIFEST)
    assert answer.headline.reason == answer.value["reason"] == "unsure"


def test_it_withholds_what_is_unlike_the_exercise_it_names(kind):
    people = [person_made(number)[0] for number in range(40)]
    squats = np.array([statistics_of(own[0]) for own in people])
    rules = likeness_fit(squats, np.zeros(40, int), squats, np.zeros(40, int), 5)
    still = np.repeat(people[0][0][:1], 15, axis=0)
    values = [people[1][0], still]
    found = kind.decide([_output(), _output()], Inputs(values), {**MANIFEST, "likeness": rules})
    assert [one.headline.reason for one in found] == ["", "unlike"]


@pytest.mark.parametrize(
    "given",
    [
        None, [], {}, "many", [{}], [3], [_asked(aspect="wide")], [_asked(aspect=0)], [_asked(times=[0.0])],
        [_asked(landmarks=[[[0, 0]] * 33] * 40)], [{**_asked(), "more": 1}], [_asked()] * 65,
        [_asked(landmarks=[[["x", 0, 0]] * 33] * 40)],
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(kind, given):
    with pytest.raises(ValidationError):
        kind.read_inputs(given, MANIFEST)


def test_what_can_be_read_is_prepared(kind):
    (found,) = kind.read_inputs([_asked()], MANIFEST)
    assert found.shape[1:] == (33, 3)
    assert len(found) > 10


@pytest.mark.parametrize(
    "given", [{}, {"form_score": 101}, {"form_score": "high"}, {"exercise": "curl"}, {"risk": 3}, 3]
)
def test_corrections_that_say_nothing_are_refused(kind, given):
    with pytest.raises(ValidationError):
        kind.check_correction(None, given)


def test_agreement_looks_at_what_was_said(kind):
    answered = {"label": "squat", "number": 70.0}
    assert kind.agreement(answered, kind.check_correction(None, {"form_score": 65})) == 1.0
    assert kind.agreement(answered, kind.check_correction(None, {"form_score": 20})) == 0.0
    assert kind.agreement(answered, kind.check_correction(None, {"exercise": "lunge", "form_score": 70})) == 0.5
    assert kind.agreement({**answered, "reason": "unsure"}, kind.check_correction(None, {"form_score": 70})) == 0.0


@pytest.mark.django_db
def test_a_build_holds_generated_people_apart(kind, tmp_path):
    parameters = {**vars(FormBuild(generated_people=6, val_ratio=0.2, test_ratio=0.2))}
    built = kind.build(SimpleNamespace(input={}, label_set=None), parameters, tmp_path, lambda *_: None)
    assert len(built.groups) == 6
    assert built.facts["generated"]
    assert all(group.rights and not group.owner for group in built.groups.values())
    seen = {}
    for part in ("train", "val", "test"):
        data = kind.load(tmp_path, part)
        each = 10 if part == "train" else 5
        assert len(data) == each * len(set(data.groups)), "what teaches comes in a mirror too, what judges does not"
        for name in set(data.groups):
            assert seen.setdefault(name, part) == part
    assert len(seen) == 6

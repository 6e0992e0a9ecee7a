"""Splits that do not leak, and the numbers that judge a model."""

from __future__ import annotations

import numpy as np
import pytest

from mlops.ml.contract import BadShape, BadValue, NotEnoughData
from mlops.ml.metrics import classification_report, expected_calibration_error, log_loss, paired_bootstrap
from mlops.ml.splits import leave_one_out, leave_subjects_out, random_split

GROUPS = np.repeat([f"s{i:02d}" for i in range(12)], 5)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_subjects", [3, 4, 12])
def test_no_subject_is_in_two_parts(n_subjects: int, seed: int) -> None:
    groups = GROUPS[: n_subjects * 5]
    split = leave_subjects_out(groups, seed)
    who = {part: set(groups[index]) for part, index in split.items()}
    assert sum(len(members) for members in who.values()) == n_subjects
    assert set.union(*who.values()) == set(groups)
    assert all(who.values())
    assert sorted(np.concatenate(list(split.values()))) == list(range(len(groups)))
    assert not split.leaky
    again = leave_subjects_out(groups, seed)
    assert all(np.array_equal(split[part], again[part]) for part in split)


def test_large_fractions_still_leave_subjects_for_every_part() -> None:
    split = leave_subjects_out(GROUPS[:15], val_fraction=0.45, test_fraction=0.45)
    assert all(len(set(GROUPS[:15][index])) == 1 for index in split.values())


def test_too_few_subjects_and_impossible_fractions() -> None:
    with pytest.raises(NotEnoughData):
        leave_subjects_out(GROUPS[:10])
    assert len(leave_subjects_out(GROUPS[:10], val_fraction=0)["val"]) == 0
    with pytest.raises(BadValue):
        leave_subjects_out(GROUPS, val_fraction=0.5, test_fraction=0.5)
    with pytest.raises(NotEnoughData):
        list(leave_one_out(GROUPS[:5]))


def test_each_subject_is_left_out_once() -> None:
    seen = []
    for subject, split in leave_one_out(GROUPS):
        seen.append(subject)
        assert set(GROUPS[split["test"]]) == {subject}
        assert subject not in GROUPS[split["train"]]
    assert seen == sorted(set(GROUPS))


def test_a_random_split_says_that_it_leaks() -> None:
    split = random_split(100, 3)
    assert split.leaky
    assert len(split["val"]) == 20
    assert len(split["test"]) == 0
    assert sorted(np.concatenate(list(split.values()))) == list(range(100))
    with pytest.raises(NotEnoughData):
        random_split(1)


def test_report_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

    rng = np.random.default_rng(0)
    labels = ("a", "b", "c", "never")
    y = rng.integers(0, 3, 200)
    proba = rng.dirichlet(np.ones(4), 200) + 0.5 * np.eye(4)[np.where(rng.random(200) < 0.6, y, 0)]
    proba[:, 3] = 0
    proba /= proba.sum(1, keepdims=True)
    answer = proba.argmax(1)
    report = classification_report(y, proba, labels)
    assert report["accuracy"] == pytest.approx(accuracy_score(y, answer))
    assert report["f1_macro"] == pytest.approx(f1_score(y, answer, average="macro"))
    assert report["f1_weighted"] == pytest.approx(f1_score(y, answer, average="weighted"))
    assert report["confusion"] == confusion_matrix(y, answer, labels=range(4)).tolist()
    parts = precision_recall_fscore_support(y, answer, labels=range(4), zero_division=0)
    for i, row in enumerate(report["per_class"]):
        expected = [part[i] for part in parts]
        assert [row["precision"], row["recall"], row["f1"], row["support"]] == pytest.approx(expected)
    assert report["n"] == 200


def test_calibration_error_and_log_loss() -> None:
    y = np.array([0, 0, 1, 1])
    sure = np.array([[1.0, 0], [1, 0], [1, 0], [1, 0]])
    assert expected_calibration_error(y, sure) == pytest.approx(0.5)
    assert expected_calibration_error(y, np.eye(2)[y]) == 0
    assert log_loss(y, np.full((4, 2), 0.5)) == pytest.approx(np.log(2))


def test_nothing_to_judge_is_an_error() -> None:
    with pytest.raises(NotEnoughData):
        classification_report(np.array([], int), np.zeros((0, 2)), ("a", "b"))
    with pytest.raises(BadShape):
        classification_report(np.array([0]), np.zeros((1, 3)), ("a", "b"))


def test_paired_interval() -> None:
    rng = np.random.default_rng(1)
    b = rng.random(400) < 0.6
    a = b | (rng.random(400) < 0.5)
    diff, low, high = paired_bootstrap(a, b, seed=2)
    assert 0 < low < diff < high
    assert diff == pytest.approx(a.mean() - b.mean())
    people = np.repeat(np.arange(4), 100)
    noisy_a = np.concatenate([np.ones(200), np.zeros(200)])
    _, low, high = paired_bootstrap(noisy_a, np.full(400, 0.5), people, seed=2)
    assert low < 0 < high  # few people: nothing is certain
    assert paired_bootstrap(a, a) == (0, 0, 0)
    with pytest.raises(BadShape):
        paired_bootstrap(a, b[:3])

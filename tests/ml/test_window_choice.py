"""How windows are cut where nobody says it, and what a person is told about it."""

import pytest

from mlops.kinds.splitting import plan_split
from mlops.ml.contract import BadValue
from mlops.ml.sensors.window_choice import choose_window, stretches


@pytest.mark.parametrize(
    ("rates", "lengths", "spec", "said"),
    [
        ([], [], (50, 150), "from the layout; windows of 3 s, as nothing is labelled yet"),
        ([24.5, 25.2, 25.0], [226] * 3, (25, 125), "25 samples a second, as recorded; windows of 5 s"),
        ([50.0], [26, 31, 28], (50, 250), "28 s or longer"),
        ([52.0], [14, 15, 20], (52, 208), "windows of 4 s"),
        ([50.0], [7, 8, 9], (50, 150), "windows of 3 s"),
        ([50.0], [2.1, 2.0, 2.4], (50, 50), "windows of 1 s, as labelled stretches are short"),
        ([800.0], [30], (100, 500), "fewer than the 800 recorded"),
        ([12.5], [30], (12, 60), "12 samples a second, as recorded"),
    ],
)
def test_the_cut_follows_the_recordings(rates, lengths, spec, said):
    found = choose_window(rates, lengths, nominal_hz=50)
    assert (found.spec.rate_hz, found.spec.length) == spec
    assert found.spec.normalisation == "dataset"
    assert abs(found.spec.stride - found.spec.length / 3) < 1
    assert said in found.why
    assert found.why.startswith("Chosen: ")
    assert found.why.endswith(".")


def test_what_a_person_chose_stays_and_needs_no_words():
    found = choose_window([50], [30], nominal_hz=50, rate_hz=20, window_s=2, stride_s=0.5)
    assert (found.spec.rate_hz, found.spec.length, found.spec.stride) == (20, 40, 10)
    assert found.why == ""
    with pytest.raises(BadValue):
        choose_window([], [], nominal_hz=50, window_s=float("1e9"))


def test_repetitions_labelled_one_by_one_are_one_stretch():
    spans = [(10.0, 12.0, "squat"), (0.0, 2.0, "row"), (2.2, 4.0, "row"), (4.1, 5.0, "squat"), (12.3, 14.0, "squat")]
    assert stretches(spans) == pytest.approx([4.0, 0.9, 4.0])


def test_below_eight_people_each_one_judges():
    assert plan_split(list("abcdefg"), how="auto").how == "each"
    assert "Only 7 people: each is evaluated" in plan_split(list("abcdefg"), how="auto").note
    assert plan_split(list("abcdefgh"), how="auto").how == "subjects"
    assert plan_split(list("abcdefgh"), how="auto").note == ""
    assert plan_split(list("ab"), how="auto").how == "each"
    assert plan_split(list("abc"), how="each").note.startswith("Each person")

"""Motion, rest, announcements and repetitions of one stream, however it is cut into frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.ml.sensors.announcing import Announcer
from mlops.ml.sensors.motion import MotionTrack
from mlops.ml.sensors.repetitions import RepetitionCounter, period_of
from mlops.ml.sensors.sets import SetBook
from mlops.ml.sensors.simulate import Bout, random_subject, simulate_session
from mlops.ml.sensors.stream_sense import StreamSense


def told(t, x, channels, cuts):
    events = []
    sense = StreamSense(channels=channels, post=lambda event, data: events.append((event, data)))
    for begin, end in zip([0, *cuts], [*cuts, len(t)], strict=True):
        if end > begin:
            sense.push(t[begin:end], x[begin:end], has_model=False)
    return sense, events


@pytest.fixture(scope="module")
def squats():
    made = simulate_session("imu6", (Bout("squat", 7, 15.0),), random_subject(5), seed=1)
    channels = [{"name": c.name, "unit": c.unit} for c in made.layout.channels]
    return made.t_s, made.samples, channels, len(made.rep_times)


def test_repetitions_of_an_unnamed_set(squats):
    t, x, channels, n = squats
    sense, _ = told(t, x, channels, range(25, len(t), 25))
    (one,) = sense.sets_told()
    assert (one["count"], one["exercise"]) == (n, None)
    assert one["end_s"] < t[-1] - 5
    assert sense.resting


@settings(max_examples=10, deadline=None)
@given(cuts=st.lists(st.integers(1, 2600), max_size=60, unique=True).map(sorted))
def test_frames_change_nothing(squats, cuts):
    t, x, channels, _ = squats
    reference = told(t, x, channels, range(25, len(t), 25))[1]
    assert told(t, x, channels, [cut for cut in cuts if cut < len(t)])[1] == reference


@pytest.mark.parametrize("n_channels", [1, 64])
def test_any_layout_of_unknown_units(n_channels):
    rng = np.random.default_rng(0)
    t = np.arange(0, 60, 0.02)
    moving = (t > 10) & (t < 40)
    wave = np.where(moving, 1 - np.cos(2 * np.pi * (t - 10) / 2.5), 0.0)
    x = (500 + 80 * wave[:, None] * rng.uniform(0.3, 1, n_channels) + rng.normal(0, 2, (len(t), n_channels)))
    channels = [{"name": f"c{n}", "unit": "mV"} for n in range(n_channels)]
    sense, _ = told(t, x.astype(np.float32), channels, range(25, len(t), 25))
    assert [one["count"] for one in sense.sets_told()] == [12]


def test_noise_and_stillness_hold_no_repetition():
    rng = np.random.default_rng(1)
    t = np.arange(0, 90, 0.02)
    still = rng.normal(0, 0.02, (len(t), 6)).astype(np.float32) + 9.8
    channels = [{"name": f"acc_{n}", "unit": "m/s²"} for n in range(6)]
    sense, events = told(t, still, channels, range(25, len(t), 25))
    assert sense.sets_told() == []
    assert [data["resting"] for event, data in events if event == "rest"] == [True]


def test_an_announced_hold_is_no_rest_and_its_stillness_does_not_count_as_any():
    rng = np.random.default_rng(1)
    t = np.arange(0, 90, 0.02)
    still = rng.normal(0, 0.02, (len(t), 6)).astype(np.float32) + 9.8
    events, answers = [], []
    sense = StreamSense(
        channels=[{"name": f"acc_{n}", "unit": "m/s²"} for n in range(6)],
        post=lambda event, data: events.append((event, data)),
    )
    for begin in range(0, len(t), 25):
        sense.push(t[begin : begin + 25], still[begin : begin + 25], has_model=True)
        now = float(t[begin]) + 0.5
        answer = {"start_s": now - 3, "end_s": now, "abstained": False, "exercise": "plank" if now < 60 else "other"}
        sense.answered(answer)
        answers.append(answer)
    held = [one for one in answers if one["announced"] == "plank"]
    assert held[-1]["end_s"] > 60
    assert not any(one["rest"] or one["rest_s"] for one in held)
    assert answers[-1]["rest"]
    assert answers[-1]["rest_s"] == pytest.approx(90 - held[-1]["end_s"], abs=1.0)
    (*_, last) = [data for event, data in events if event == "rest"]
    assert last["resting"]
    assert last["since_s"] == pytest.approx(held[-1]["end_s"], abs=1.0)


def test_a_pause_in_the_samples_is_a_new_beginning(squats):
    t, x, channels, _ = squats
    half = len(t) // 3
    later = np.concatenate([t[:half], t[half:] + 30.0])
    sense, _ = told(later, x, channels, range(25, len(t), 25))
    assert sense.track.n_restarts == 1
    assert len(sense.sets_told()) == 2


def test_a_stream_stays_small(squats):
    _, _, channels, _ = squats
    track = MotionTrack(["rad"] * 64)
    assert track.tail(1)[1].shape == (0, 12)
    assert track._ring.nbytes <= 15_000


def test_a_period_is_found():
    t = np.arange(0, 24, 0.1)
    assert period_of(np.sin(2 * np.pi * t / 3)) == pytest.approx(3.0, abs=0.2)
    assert period_of(np.random.default_rng(0).normal(size=240)) == 0.0


def answers(announcer, labels, *, step_s=0.5, at_s=3.0, resting=False, moving=False):
    out = []
    for label in labels:
        out.append(announcer.answer(label, at_s - 3.0, at_s, resting=resting, moving=moving))
        at_s += step_s
    return out


def test_one_wrong_window_announces_nothing():
    announcer = Announcer()
    assert answers(announcer, ["squat"] * 2 + [None] + ["row"] + ["squat"] * 3) == [None] * 7
    assert answers(announcer, ["squat"] * 3, at_s=6.5)[-1] == "squat"
    assert answers(announcer, ["row", "row", None, None], at_s=8.0)[-1] == "squat", "steady through a flicker"
    assert answers(announcer, [None] * 6, at_s=10.0)[-1] is None


def test_rest_takes_an_announcement_back_but_not_a_hold():
    announcer = Announcer()
    answers(announcer, ["squat"] * 5)
    assert answers(announcer, ["squat"], at_s=6.0, resting=True) == [None]
    assert announcer.now(True) == "rest"
    assert answers(announcer, ["plank"] * 9, at_s=7.0, resting=True)[-1] == "plank"


def test_a_hold_needs_a_still_moment():
    announcer = Announcer()
    assert answers(announcer, ["plank"] * 9, moving=True)[-1] is None, "tying shoes bends the trunk like a plank"
    assert answers(announcer, ["plank"], at_s=7.5)[-1] == "plank"
    assert answers(Announcer(), ["squat"] * 4, moving=True)[-1] == "squat"


class StillTrack(MotionTrack):
    """A track on which nothing moves."""

    def __init__(self) -> None:
        super().__init__(["rad"])


def test_flicker_in_the_middle_does_not_split_a_set():
    book = SetBook(StillTrack())
    for now in np.arange(3.0, 15.0, 0.5):
        book.announced("plank", 0.0, now)
    for now in np.arange(15.0, 17.0, 0.5):
        book.announced("row", 12.5, now)
    for now in np.arange(17.0, 25.0, 0.5):
        book.announced("plank", 14.5, now)
    assert [one.exercise for one in book.sets] == ["plank"]
    assert book.sets[0].start_s == 0.0


def test_a_set_takes_its_better_name():
    book = SetBook(StillTrack())
    for now in (3.0, 3.5, 4.0):
        book.announced("row", 0.0, now)
    for now in (5.0, 6.0, 9.0):
        book.announced("deadlift", 2.5, now)
    assert [(one.exercise, one.start_s) for one in book.sets] == [("deadlift", 0.0)]


def test_a_hold_counts_none():
    book = SetBook(StillTrack())
    for now in np.arange(3.0, 20.0, 0.5):
        book.announced("plank", 0.0, now)
    (one,) = book.told()
    assert one.times() == []
    assert one.counter is None


def test_a_counter_without_movement():
    counter = RepetitionCounter()
    counter.begin(0.0)
    counter.step(StillTrack())
    assert counter.times() == []

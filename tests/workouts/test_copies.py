"""A copy is noticed by its signal, told within what a person may see, and never stands on both sides of a split."""

from __future__ import annotations

import numpy as np
import pytest

from accounts.services.athletes import athlete_for
from mlops.ml.sensors.fingerprint import same_signal, signal_fingerprint
from mlops.ml.sensors.layouts import BUILT_IN
from mlops.tasks.services.tasks import label_set_create, task_create
from sessions.kinds import SensorClassification
from sessions.models import Recording
from sessions.selectors.copies import likeness_for
from sessions.services.copies import recording_sign
from tests.ml.sensors_io.motion import EPOCH, G, table
from tests.people import make_user
from tests.trouble import trouble_file
from tests.workouts.conftest import consent, label
from tests.workouts.test_import import URL

ACC = "time,acc_x (g),acc_y (g),acc_z (g)"


def movement(seed, seconds=40.0, rate=25.0):
    """(t, acc in g) of one made-up person: smooth, different for every seed."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    waves = sum(
        rng.normal(size=3) * np.sin(2 * np.pi * rng.uniform(0.02, 1) * t[:, None] + rng.uniform(0, 6, 3))
        for _ in range(12)
    )
    return t, 0.1 * waves + [0, 0, 1]


def file_of(seed, *, digits=4, start=EPOCH, unit="g", factor=1.0):
    t, x = movement(seed)
    stamps = [f"{1000 * (start + s):.0f}" for s in t]
    return table(ACC.replace("(g)", f"({unit})"), [stamps, *(x * factor).T], fmt=f"{{:.{digits}f}}").encode()


def print_of(x, layout="acc3", rate=25.0, n_pieces=1):
    t = np.arange(len(x)) / rate
    pieces = zip(np.array_split(t, n_pieces), np.array_split(x, n_pieces), strict=True)
    return signal_fingerprint(pieces, t[-1], BUILT_IN[layout])


@pytest.mark.parametrize("seconds", [6.0, 40.0, 64.0, 300.0])
@pytest.mark.parametrize("change", ["digits", "factor", "rate", "torn", "pieces"])
def test_a_fingerprint_survives_what_a_copy_changes(change, seconds):
    t, x = movement(1, seconds)
    fine = np.arange(0, t[-1] + 1e-9, 0.01)
    other, rate, n_pieces = {
        "digits": (x.round(2), 25, 1),
        "factor": (x * G, 25, 1),
        "rate": (np.column_stack([np.interp(fine, t, column) for column in x.T]), 100, 1),
        "torn": (x[:-2], 25, 1),
        "pieces": (x, 25, 7),
    }[change]
    assert same_signal(print_of(x), print_of(other, rate=rate, n_pieces=n_pieces))


def test_other_signals_have_other_fingerprints():
    prints = [print_of(movement(seed)[1]) for seed in range(25)]
    assert not any(same_signal(a, b) for i, a in enumerate(prints) for b in prints[:i])
    noise = [print_of(np.random.default_rng(n).normal([0, 0, 1], 0.01, (900, 3)).round(3)) for n in range(25)]
    assert not any(same_signal(a, b) for i, a in enumerate(noise) for b in noise[:i])
    assert same_signal(noise[3], noise[3])
    assert print_of(np.ones((500, 3))) == {}


def test_people_who_move_in_step_are_not_one():
    def person(seed):
        rng = np.random.default_rng(seed)
        t = np.arange(1000) / 25
        return np.sin(np.pi * t)[:, None] * rng.uniform(0.5, 1, 3) + [0, 0, 1] + rng.normal(0, 0.05, (1000, 3))

    prints = [print_of(person(seed)) for seed in range(25)]
    assert not any(same_signal(a, b) for i, a in enumerate(prints) for b in prints[:i])


def test_the_same_acceleration_in_another_layout_is_noticed():
    _, x = movement(4)
    six = np.column_stack([x * G, np.random.default_rng(0).normal(size=x.shape)])
    assert same_signal(print_of(x), print_of(six, "imu6"))


@pytest.fixture
def bring(api, upload, run_jobs):
    """bring(user, bytes, …) → (recording, result of its job)."""

    def run(user, data, name="a.csv", **more):
        given = {"uploads": [str(upload(data, name, owner=user).pk)], "layout": "acc3", **more}
        answer = api(user).post(URL, given, format="json")
        assert answer.status_code == 202, answer.content
        (job,) = run_jobs()
        assert job.status == "succeeded", job.failure_reason
        return Recording.objects.get(pk=job.result["created"][0]["id"]), job.result

    return run


def test_a_copy_of_ones_own_is_told_with_a_way_to_it(bring, athlete_user, client):
    first, told = bring(athlete_user, file_of(1))
    assert told["copies"] == []
    second, told = bring(athlete_user, file_of(1, digits=3, start=EPOCH + 86_400))
    assert told["copies"] == [{"id": str(second.pk), "of": str(first.pk), "text": told["copies"][0]["text"]}]
    assert second.copy_group == first.pk
    client.force_login(athlete_user)
    assert "Looks like a copy of" in client.get(f"/recordings/{second.pk}/").content.decode()


def test_of_another_athletes_recording_nothing_is_told(bring, athlete_user, other_athlete_user, client):
    first, _ = bring(athlete_user, file_of(1), title="Secret garden")
    second, told = bring(other_athlete_user, file_of(1, unit="m/s²", factor=G, start=EPOCH + 9e6))
    (copy,) = told["copies"]
    assert (copy["of"], copy["text"]) == ("", "Looks like a copy of an existing recording.")
    client.force_login(other_athlete_user)
    text = client.get(f"/recordings/{second.pk}/").content.decode()
    assert "an existing recording" in text
    assert "Secret garden" not in text
    assert str(first.pk) not in text
    assert likeness_for(user=other_athlete_user, recording=second).recording is None


def test_a_dry_run_tells_it_before_anything_is_kept(bring, athlete_user, client, upload):
    bring(athlete_user, file_of(1))
    client.force_login(athlete_user)
    row = upload(file_of(1, digits=3, start=EPOCH + 5000), "b.csv")
    text = client.post("/import/", {"upload": row.pk, "dry_run": 1}).content.decode()
    assert "Looks like a copy of" in text
    assert Recording.objects.count() == 1


def test_rows_from_before_get_their_signal_when_it_is_needed(bring, athlete_user):
    first, _ = bring(athlete_user, file_of(1))
    Recording.objects.update(signal=None)
    second, _ = bring(athlete_user, file_of(1, digits=3))
    assert second.copy_group == first.pk
    first.refresh_from_db()
    assert first.signal == second.signal or same_signal(first.signal, second.signal)


def test_an_unreadable_file_is_no_copy(bring, athlete_user, media):
    first, _ = bring(athlete_user, file_of(1))
    (media / first.file).write_bytes(b"gone")
    recording_sign(recording=first)
    assert bring(athlete_user, file_of(1, digits=3))[0].copy_group is None


def test_copies_are_one_group_for_models_that_learn(bring, staff_user, tmp_path):
    people = [make_user(name) for name in ("ann", "bob", "cem", "dia")]
    for number, user in enumerate(people):
        consent(athlete_for(user))
        recording, _ = bring(user, file_of(number))
        label(recording, 0, 19, "squat")
        label(recording, 20, 39, "row")
    copied, _ = bring(people[3], file_of(0, digits=3, start=EPOCH + 50_000))
    label(copied, 0, 19, "squat")
    labels = label_set_create(name="L", labels=[{"name": "squat"}, {"name": "row"}], owner=staff_user, is_shared=True)
    task = task_create(
        name="two", title="Two", kind="sensor_classification", owner=staff_user, label_set=labels,
        gates={"accuracy": 0.5}, input={"layout": "acc3"},
    )  # fmt: skip
    built = SensorClassification().build(
        task, {"split": "subjects", "seed": 1, "balance": "none"}, tmp_path, lambda done, total: None
    )
    assert len(built.groups) == 4
    first = athlete_for(people[0]).pseudonym
    sources = (tmp_path / "shards" / first / "sources.json").read_text()
    assert str(copied.pk) in sources
    assert str(copied.pk) not in (tmp_path / "shards" / athlete_for(people[3]).pseudonym / "sources.json").read_text()


def test_the_real_pair(bring, athlete_user, other_athlete_user):
    first, _ = bring(athlete_user, trouble_file("08").read_bytes())
    second, told = bring(other_athlete_user, trouble_file("09").read_bytes(), "other.csv")
    assert second.copy_group == first.pk
    assert told["copies"][0]["text"].endswith("an existing recording.")


def test_another_signal_of_the_same_length_is_no_copy(bring, athlete_user):
    bring(athlete_user, file_of(1))
    assert bring(athlete_user, file_of(2))[0].copy_group is None

"""Drift: people being different is no alarm, a shifted population is; reports, alerts, mail, pages."""

from typing import Any

import numpy as np
import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from mlops.jobs.services.execution import job_execute_here
from mlops.kinds.answers import Headline
from mlops.ml.drift import MIN_EXAMPLES, compare
from mlops.ml.window_statistics import statistic_names, window_statistics
from mlops.models import Alert, DriftReport, Job, Prediction
from mlops.monitoring.services import drift
from mlops.monitoring.services.alerts import alert_acknowledge, alert_close, alert_open
from mlops.monitoring.services.answer_drift import OTHERS, answers_compare

N_COLUMNS = 25


def people(n: int, *, seed: int, shift: float = 0.0, n_windows: int = 110) -> list[np.ndarray]:
    """Each person has an own level, far wider than the noise of their windows."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        values = rng.normal(0, 1, N_COLUMNS) + 0.2 * rng.normal(0, 1, (n_windows, N_COLUMNS))
        values[:, 0] += shift
        found.append(values)
    return found


def test_people_who_differ_are_no_alarm_and_a_shift_is_found():
    names = [f"f{number}" for number in range(N_COLUMNS)]
    known = people(40, seed=1)
    alarms = [compare(known, people(20, seed=seed), names, n_shuffles=499).has_shifted for seed in range(2, 14)]
    assert sum(alarms) <= 1
    found = compare(known, people(20, seed=99, shift=2.0), names)
    assert [shift.name for shift in found.shifts if shift.shifted] == ["f0"]
    assert found.shifts[0].psi > 0.1
    assert sum(found.shifts[0].served) == pytest.approx(1, abs=0.01)


def test_windows_taken_for_independent_would_have_cried_wolf():
    """The same people: pooled windows lie apart, which is why people are shuffled."""
    known, served = people(40, seed=1), people(20, seed=3)
    gap = abs(np.concatenate(known)[:, 0].mean() - np.concatenate(served)[:, 0].mean())
    error = np.concatenate(served)[:, 0].std() / np.sqrt(20 * 110)
    assert gap > 3 * error


def test_what_is_unknown_is_left_out_for_that_person_and_counted_by_itself():
    names = [f"f{number}" for number in range(N_COLUMNS)]
    known, served = people(40, seed=1), people(20, seed=99, shift=2.0)
    for number, values in enumerate([*known, *served]):
        values[:: 2 + number % 3, 0] = np.nan  # some of everybody
    for values in known[:5]:
        values[:, 0] = np.nan  # all of five
    found = compare(known, served, names)
    assert [shift.name for shift in found.shifts if shift.shifted] == ["f0"]
    assert sum(found.shifts[0].reference) == pytest.approx(1, abs=0.01)
    for values in served:
        values[:, 3] = np.nan
    lost = {shift.name for shift in compare(known, served, names).shifts if shift.shifted}
    assert lost == {"f0", "f3 unknown"}


def said(n_people: int, make: Any) -> list[list[Headline]]:
    return [[make(person, number) for number in range(60)] for person in range(n_people)]


def test_another_mix_of_labels_is_found_and_rare_ones_share_a_bin():
    rng = np.random.default_rng(0)

    def answers(shares: list[float], n: int) -> list[list[Headline]]:
        return said(n, lambda *_: Headline(str(rng.choice(list("abc"), p=shares)), confidence=rng.uniform(0.6, 1)))

    same, bins = answers_compare(answers([0.5, 0.3, 0.2], 30), answers([0.5, 0.3, 0.2], 20), labels="abc", min_each=10)
    other, _ = answers_compare(answers([0.5, 0.3, 0.2], 30), answers([0.1, 0.3, 0.6], 20), min_each=10)
    assert bins == ["a", "b", "c"]
    assert not same.has_shifted
    assert [shift.name for shift in other.shifts if shift.shifted] == ["label"]
    many = said(12, lambda person, number: Headline(f"l{number % 14:02}"))
    found, bins = answers_compare(many, many, min_each=10)
    assert (len(bins), bins[-1], len(found.shifts[0].reference[: len(bins)])) == (10, OTHERS, 10)
    assert found.shifts[0].reference[9] > 0.3


def test_numbers_and_the_widths_of_their_intervals_are_compared():
    rng = np.random.default_rng(0)

    def answers(mean: float, width: float, n: int) -> list[list[Headline]]:
        levels = rng.normal(mean, 1, n)
        return said(n, lambda person, _: number_said(levels[person] + rng.normal(0, 0.3), width + rng.uniform(0, 0.2)))

    def number_said(number: float, width: float) -> Headline:
        return Headline(number=number, low=number - width / 2, high=number + width / 2)

    def shifted(*served: float) -> list[str]:
        found, _ = answers_compare(answers(5, 1, 30), answers(*served, 20), min_each=10)
        return sorted(shift.name for shift in found.shifts if shift.shifted)

    assert [shifted(5, 1), shifted(9, 1), shifted(5, 2)] == [[], ["number"], ["interval width"]]
    texts = said(12, lambda *_: Headline())
    assert answers_compare(texts, texts, min_each=10) == (None, [])


def test_statistics_of_a_window():
    t = np.arange(150) / 50
    window = np.stack([np.sin(2 * np.pi * t), np.full(150, 3.0)], axis=1)[None]
    values = dict(zip(statistic_names(["a", "b"]), window_statistics(window, 50)[0], strict=True))
    assert values["a max"] == pytest.approx(1, abs=5e-3)
    assert (values["b mean"], values["b std"], values["b pace"]) == (3, 0, 0)
    quicker = window_statistics(np.sin(4 * np.pi * t)[None, :, None], 50)[0]
    assert quicker[4] > 1.4 * values["a pace"]


@pytest.fixture
def served(db: None, version: Any, new_athlete: Any) -> Any:
    """served(shift): the log of a week: 20 athletes with 110 answers each."""

    def make(shift: float = 0.0, n: int = 20) -> None:
        Prediction.objects.all().delete()
        for number, values in enumerate(people(n, seed=7, shift=shift)):
            athlete = athletes.setdefault(number, None) or new_athlete(f"p{number}")
            athletes[number] = athlete
            Prediction.objects.bulk_create(
                Prediction(
                    task=version.task, version=version, athlete=athlete, origin="live", label="squat", confidence=0.9,
                    statistics=row.tolist(), at=timezone.now(),
                )
                for row in values
            )  # fmt: skip

    athletes: dict[int, Any] = {}
    return make


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> None:
    sure = [[Headline("squat", confidence=0.9)] * 40 for _ in range(12)]
    monkeypatch.setattr(drift, "_reference", lambda *_: drift.Side(people(40, seed=1), sure))


def measure(task: Any) -> DriftReport:
    job = drift.drift_start(task=task)
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", job.failure_reason
    return DriftReport.objects.get(job=job)


def test_too_few_people_or_answers_say_nothing(served, task, reference):
    served(n=5)
    report = measure(task)
    assert (report.verdict, report.n_athletes) == ("too_few", 5)
    assert f"version {report.version.number} has 550 for 5." in drift.drift_sentence(report)
    assert f"{MIN_EXAMPLES:,}" in Job.objects.get(drift_report=report).result["text"]


def test_what_was_kept_is_counted_like_the_table_below_it(served, task, reference):
    served(n=3)
    few = Prediction.objects.values_list("pk", flat=True)[:2]
    Prediction.objects.exclude(pk__in=list(few)).delete()
    report = measure(task)
    n_people = Prediction.objects.values("athlete").distinct().count()
    assert report.n_examples == 0, "two answers make no histogram of a person"
    said = drift.drift_sentence(report)
    assert f"version {report.version.number} has 2 for {n_people}." in said
    assert "Only 0 of them count, for 0 athletes with at least" in said


def test_a_shift_opens_one_alert_with_one_mail_and_calm_closes_it(served, task, reference, staff):
    served(shift=2.5)
    assert [measure(task).verdict for _ in range(2)] == ["drift", "drift"]
    alert = Alert.objects.get()
    assert "lumbarAngle mean" in alert.text
    served()
    assert measure(task).verdict == "calm"
    alert.refresh_from_db()
    assert alert.closed_at is not None


@pytest.mark.django_db(transaction=True)
def test_an_alert_is_mailed_once(task, staff):
    for _ in range(3):
        alert_open(task=task, kind="drift", say=lambda: "Shifted")
    assert [message.to for message in mail.outbox] == [[staff.email]]
    assert alert_acknowledge(alert=Alert.objects.get(), by=staff).acknowledged_by == staff
    assert alert_close(task=task, kind="drift")
    alert_open(task=task, kind="drift", say=lambda: "Again")
    assert (Alert.objects.count(), len(mail.outbox)) == (2, 2)


def test_the_page_and_the_api_show_the_report(served, task, reference, staff, client):
    client.force_login(staff)
    url = reverse("mlops:drift")
    assert "No report yet" in client.get(url).content.decode()
    served(shift=2.5)
    measure(task)
    page = client.get(url, {"task": task.name}).content.decode()
    assert "lumbarAngle mean" in page
    assert "Drift detected" in page
    Alert.objects.update(text="as programs are told")
    assert "sees data that differs from its training data" in client.get(url).content.decode()
    listed = client.get(reverse("mlops_api:drift-report-list"), {"task": task.name, "verdict": "drift"}).json()
    assert listed["results"][0]["facts"]["features"][0]["shifted"]


def test_a_report_a_day(served, task, reference):
    served()
    drift.drift_daily()
    job = Job.objects.get(kind="drift.measure")
    drift.drift_daily()
    job_execute_here(pk=job.pk)
    drift.drift_daily()
    assert Job.objects.filter(kind="drift.measure").count() == 1

"""Finding runs and holding them against one another."""

import numpy as np
import pytest

from mlops.jobs.services.execution import job_execute_here
from mlops.models import EvaluatedSubject, ModelVersion, Run
from mlops.training.selectors.comparison import runs_compare
from mlops.training.selectors.run_search import BadSearch, run_query
from mlops.training.services.runs import run_create

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(train, build, kind):
    """Three runs on one dataset of many people: a good one, a poor one, and one without a model."""
    kind.subjects = tuple(f"p{i:02}" for i in range(14))
    dataset = build()
    return [train(dataset).run, train(dataset, epochs=1, rate=0.0).run, train(dataset, rate=0.25).run]


def found(text: str) -> set:
    return set(Run.objects.filter(run_query(text)).values_list("pk", flat=True))


def test_runs_are_found_by_what_they_were_given_and_reached(runs):
    good, poor, third = runs
    everybody = {run.pk for run in runs}
    assert found("") == everybody
    assert found("metrics.accuracy > 0.9 and params.epochs = 40") == {good.pk, third.pk}
    assert found("params.rate = 0.25") == {third.pk}
    assert found("params.rate != 0.25") == {good.pk, poor.pk}
    assert found("params.mode = plain AND params.bias = true and params.epochs<=1") == {poor.pk}
    assert found('task = "tiny-task" and estimator = tiny_linear and status = succeeded and seed >= 0') == everybody
    assert found("task != tiny-task") == set()
    assert found(f"dataset = {good.dataset_id}") == everybody
    assert found("metrics.train_s >= 0 and metrics.size_bytes > 100") == everybody
    assert found("metrics.missing > 1") == set()


@pytest.mark.parametrize(
    "text",
    [
        "accuracy > 0.9", "metrics.accuracy", "metrics.accuracy > high", "metrics.a__b = 1", "owner.password = 1",
        "params.epochs = 1 and", "params.epochs = 1 params.rate = 2", "dataset = 7", "status = odd", "seed > many",
        "metrics.accuracy > 0.9 or 1", "task > a", "x" * 501, " and ".join(["seed = 1"] * 21), "'; drop table",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(text):
    with pytest.raises(BadSearch):
        run_query(text)


def test_figures_settings_and_what_is_certain(runs):
    good, poor, third = runs
    seen = runs_compare(
        list(Run.objects.select_related("task", "job", "version", "dataset").in_bulk([r.pk for r in runs]).values())
    )
    assert len(seen.runs) == 3
    by = {run.pk: run for run in seen.runs}
    seen = runs_compare([by[good.pk], by[poor.pk], by[third.pk]])
    assert seen.same_data
    accuracy = next(row for row in seen.metrics if row.metric.name == "accuracy")
    assert accuracy.figures[0].best
    assert accuracy.figures[1].difference.startswith("−")
    assert {row.name for row in seen.settings if row.differs} == {"epochs", "rate"}
    assert {row.metric.name for row in seen.costs} >= {"train_s", "size_bytes", "latency_ms"}
    worse, same = seen.pairs
    assert worse.is_certain
    assert worse.pair.high < 0
    assert worse.pair.n_groups == len(good.version.metrics["measured_on"]["subjects"])
    judged = EvaluatedSubject.objects.filter(version=good.version)
    assert worse.pair.n_examples == sum(judged.values_list("n", flat=True))
    assert worse.pair.difference == pytest.approx(poor.version.metrics["accuracy"] - good.version.metrics["accuracy"])
    assert not same.is_certain


def test_what_is_kept_of_each_example_is_the_accuracy(runs):
    version = runs[0].version
    rows = EvaluatedSubject.objects.filter(version=version)
    values = np.concatenate([np.frombuffer(bytes(row.values), "<f4") for row in rows])
    assert set(values) <= {0.0, 1.0}
    assert values.mean() == pytest.approx(version.metrics["accuracy"])
    assert {row.subject for row in rows} == set(version.metrics["measured_on"]["subjects"])


def test_other_data_is_no_fair_comparison(runs, build, train, kind):
    kind.subjects = kind.subjects[:10]
    other = train(build()).run
    rows = Run.objects.select_related("task", "job", "version", "dataset")
    seen = runs_compare([rows.get(pk=runs[0].pk), rows.get(pk=other.pk)])
    assert not seen.same_data
    for row in seen.metrics:
        assert not any(figure.best or figure.difference for figure in row.figures), "different data are not ranked"
    assert "Not evaluated on the same part" in seen.pairs[0].pair.reason


def test_an_erased_person_no_longer_counts(runs):
    from mlops.registry.services.redaction import subject_redact

    subjects = runs[0].version.metrics["measured_on"]["subjects"]
    for subject in subjects[1:]:
        subject_redact(subject)
    rows = Run.objects.select_related("task", "job", "version", "dataset")
    pair = runs_compare([rows.get(pk=runs[0].pk), rows.get(pk=runs[1].pk)]).pairs[0]
    assert "Only one person" in pair.pair.reason
    subject_redact(subjects[0])
    pair = runs_compare([rows.get(pk=runs[0].pk), rows.get(pk=runs[1].pk)]).pairs[0]
    assert "no results per example" in pair.pair.reason


def test_the_pages_show_it_and_the_api_says_it(runs, staff, athlete, browse, api, task, build):
    page = browse(staff)
    waiting = run_create(task=task, dataset=build(), estimator="tiny_linear", owner=staff)
    text = page.get("/ml/runs/?q=params.rate = 0.25").content.decode()
    assert "Version 3" in text
    assert "Version 1" not in text
    refused = page.get("/ml/runs/?q=accuracy+>+1")
    assert refused.status_code == 400
    assert "t search by" in refused.content.decode()
    query = "&".join(f"run={run.pk}" for run in runs)
    text = page.get(f"/ml/runs/compare/?{query}").content.decode()
    for words in ("worse", "95 % interval", "differs", "Confusion matrices", "points", "no significant difference"):
        assert words in text, words
    assert page.get(f"/ml/runs/compare/?run={waiting.pk}").url == "/ml/runs/"
    assert page.get(f"/ml/runs/compare/?{query}&run={waiting.pk}&run=odd").status_code == 200
    told = api(staff).get(f"/api/v1/runs/compare/?{query}").json()
    assert told["paired"][0]["high"] < 0
    assert told["settings"][0] == {"name": "estimator", "values": ["tiny_linear"] * 3, "differs": False}
    assert api(staff).get("/api/v1/runs/?q=metrics.accuracy > 0.9 and params.rate = 0.25").json()["count"] == 1
    bad = api(staff).get("/api/v1/runs/?q=accuracy > 1")
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_search")
    assert api(athlete).get(f"/api/v1/runs/compare/?{query}").status_code == 404
    job_execute_here(pk=waiting.job_id)


def test_training_again_begins_with_the_same_settings(runs, staff, browse):
    text = browse(staff).get(f"/ml/tasks/tiny-task/train/?run={runs[2].pk}").content.decode()
    assert 'value="0.25"' in text
    assert ModelVersion.objects.count() == 3


def test_a_search_by_mouse(runs, staff, browse):
    page = browse(staff)
    form = page.get("/ml/tasks/tiny-task/search/?estimator=tiny_linear").content.decode()
    assert "Log scale" in form
    body = {
        "dataset": runs[0].dataset_id, "n_trials": "2", "n_parallel": "1", "seed": "0", "fixed_epochs": "3",
        "search_rate": "on", "low_rate": "0.1", "high_rate": "1", "search_mode": "", "choices_bias": ["True"],
    }  # fmt: skip
    bad = page.post("/ml/tasks/tiny-task/search/?estimator=tiny_linear", {**body, "low_rate": "5"})
    assert bad.status_code == 400
    made = page.post("/ml/tasks/tiny-task/search/?estimator=tiny_linear", body)
    assert made.url.startswith("/ml/studies/"), made.content.decode()
    text = page.get(made.url).content.decode()
    assert "The first trial is about to start" in text
    assert "0.1 to 1.0" in text

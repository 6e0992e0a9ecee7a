"""Searching settings: trials are jobs, the parent waits without a worker, nobody chooses by the test people."""

import pytest
from django.core.exceptions import ValidationError

from mlops.jobs.services.claims import claim_take
from mlops.jobs.services.execution import claim_run, job_execute_here
from mlops.jobs.services.jobs import job_cancel, job_retry
from mlops.jobs.services.parents import parents_wake
from mlops.models import Job, ModelVersion, Run, Study
from mlops.training.services.studies import study_create
from tests.mlops.tiny import TinyKind, TinyLinear
from web.refusals import Problem

pytestmark = pytest.mark.django_db
SPACE = {"rate": {"low": 0.001, "high": 1.0, "log": True}, "bias": {"choices": [True, False]}}


@pytest.fixture(autouse=True)
def no_redis(monkeypatch, delivered):
    """Waking a parent only marks it as waiting for a worker."""
    monkeypatch.setattr("mlops.jobs.services.parents.job_deliver", lambda **_: False)


@pytest.fixture
def study(task, staff, build):
    def make(**more):
        values = {"n_trials": 4, "n_parallel": 2, "space": SPACE, "config": {"epochs": 5}, **more}
        return study_create(
            task=task, dataset=values.pop("dataset", None) or build(), estimator="tiny_linear", owner=staff, **values
        )

    return make


def work(*, n: int | None = None) -> int:
    """Be the workers: run what waits, oldest first, until nothing does or `n` were run; returns how many were."""
    done = 0
    while (n is None or done < n) and (job := Job.objects.filter(status="queued").order_by("created_at").first()):
        job_execute_here(pk=job.pk)
        done += 1
    return done


def fresh(row):
    return type(row).objects.select_related("job").get(pk=row.pk)


def test_a_study_tries_and_its_winner_becomes_a_version(study):
    found = study()
    work()
    found = fresh(found)
    assert found.job.status == "succeeded", found.job.failure_reason
    trials = Run.objects.filter(study=found, trial__isnull=False).order_by("trial")
    assert [run.trial for run in trials] == [0, 1, 2, 3]
    assert all(run.outcome == "tried" and run.score is not None and run.config["epochs"] == 5 for run in trials)
    assert all(0.001 <= run.config["rate"] <= 1 for run in trials)
    winner = Run.objects.get(study=found, trial__isnull=True)
    best = max(trials, key=lambda run: (run.score, -run.trial))
    assert winner.config == best.config
    version = ModelVersion.objects.get()
    assert (version.run, version.metrics["measured_on"]["part"]) == (winner, "test")
    assert found.job.result["version"] == str(version.pk)
    assert "on the held-out test set" in found.job.result["text"]


def test_only_the_winner_touches_the_test_people(study, monkeypatch):
    read = []
    original = TinyKind.load
    monkeypatch.setattr(TinyKind, "load", lambda self, *args: read.append(args[1]) or original(self, *args))
    found = study(n_trials=3)
    while fresh(found).runs.filter(trial=None).count() == 0:
        assert work(n=1)
    assert set(read) == {"train", "val"}
    work()
    assert read.count("test") == 1


def test_the_waiting_parent_occupies_no_worker_and_starts_so_many_at_once(study):
    found = study()
    work(n=1)
    job = fresh(found).job
    assert (job.status, job.claim_token, job.lease_until, job.waits_for) == ("running", None, None, 0)
    assert Job.objects.filter(parent=job, status="queued").count() == 2
    assert "0 of 4 trials finished" in job.sentence


def test_the_same_seed_tries_the_same(study, build):
    dataset = build()
    configs = []
    for _ in range(2):
        found = study(n_parallel=1, dataset=dataset, seed=7)
        work()
        configs.append([run.config for run in found.runs.order_by("created_at")])
    assert configs[0] == configs[1]
    assert len({str(config) for config in configs[0]}) > 1


def test_cancelling_the_parent_cancels_its_children(study, staff):
    found = study()
    work(n=1)
    running = claim_take(pk=Job.objects.filter(parent=found.job, status="queued").first().pk)
    job_cancel(job=fresh(found).job, by=staff)
    assert fresh(found).job.status == "cancelled"
    assert set(Job.objects.filter(parent=found.job).values_list("status", flat=True)) == {"cancelled", "cancelling"}
    claim_run(claim=running, beat=False)
    assert work() == 0
    assert set(Job.objects.filter(parent=found.job).values_list("status", flat=True)) == {"cancelled"}
    assert Run.objects.count() == 2


def test_a_repeated_study_keeps_what_it_has_tried(study, staff):
    found = study(n_parallel=1)
    while found.runs.filter(outcome="tried").count() < 2:
        work(n=1)
    job_cancel(job=fresh(found).job, by=staff)
    again = job_retry(job=fresh(found).job, by=staff)
    work()
    assert fresh(found).job == again
    assert again.__class__.objects.get(pk=again.pk).status == "succeeded"
    assert found.runs.filter(outcome="tried").count() == 4


def test_a_child_that_ends_while_the_parent_looks_is_not_missed(study, monkeypatch):
    """The second child ends between the parent's look and its going to wait."""
    import mlops.training.services.study_steps as steps

    found = study(n_trials=2)
    work(n=1)
    children = list(Job.objects.filter(parent=found.job, status="queued").order_by("created_at"))
    job_execute_here(pk=children[0].pk)
    original, ran = steps._importance, []

    def late(*args):
        if not ran:
            ran.append(True)
            job_execute_here(pk=children[1].pk)
        return original(*args)

    monkeypatch.setattr(steps, "_importance", late)
    work()
    assert ran
    assert fresh(found).job.status == "succeeded"


def test_a_lost_wake_up_is_found_by_the_chore(study, monkeypatch):
    monkeypatch.setattr("mlops.jobs.services.execution.parent_wake", lambda **_: False)
    found = study(n_trials=1, n_parallel=1)
    work()
    assert fresh(found).job.waits_for == 0
    for _ in range(2):
        parents_wake()
        work()
    assert fresh(found).job.status == "succeeded"


def test_a_killed_step_starts_nothing_twice(study):
    found = study(n_parallel=1)
    stale = claim_take(pk=found.job_id)
    Job.objects.filter(pk=found.job_id).update(status="queued", claim_token=None)
    claim_run(claim=stale, beat=False)
    assert Run.objects.count() == 0
    work()
    assert fresh(found).job.status == "succeeded"
    assert found.runs.count() == 5


def test_settings_that_never_work_end_the_study_with_the_reason(study, monkeypatch):
    def broken(*_):
        raise Problem(409, "broken", "The numbers exploded.")

    monkeypatch.setattr(TinyLinear, "_fit", broken)
    found = study(n_trials=20)
    work()
    job = fresh(found).job
    assert (job.status, job.failure_code) == ("failed", "no_trial")
    assert "exploded" in job.failure_reason
    assert found.runs.count() <= 4


def test_a_trial_behind_the_others_is_stopped_early(study, monkeypatch):
    original = TinyLinear._fit

    def slow(self, train, validation, on_step, on_epoch, seed):
        bad = self.config.rate < 0.01
        report = original(self, train, validation, on_step, lambda row: None, seed)
        for epoch in range(1, 9):
            report.curve.append({"epoch": float(epoch), "val_accuracy": 0.1 if bad else 0.9})
            on_epoch(report.curve[-1])
        return report

    monkeypatch.setattr(TinyLinear, "_fit", slow)
    monkeypatch.setattr("mlops.training.services.trials.LOOK_EVERY_S", -1)
    found = study(n_trials=14, n_parallel=1)
    work()
    pruned = found.runs.filter(outcome="pruned")
    assert pruned.exists()
    assert all(run.config["rate"] < 0.01 and len(run.curve) < 8 and run.score is None for run in pruned)
    assert "Stopped early" in pruned[0].job.sentence
    assert fresh(found).job.status == "succeeded"


def test_children_take_no_place_in_the_quota(study, settings):
    settings.JOB_MAX_QUEUED_PER_USER = 2
    found = study(n_parallel=4, n_trials=6)
    work(n=1)
    assert Job.objects.filter(parent=found.job).count() == 4


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"space": {}}, "space"),
        ({"space": {"depth": {"low": 1, "high": 2}}}, "depth"),
        ({"space": {"epochs": {"low": 1, "high": 2}}, "config": {}}, "epochs"),
        ({"space": {"rate": {"low": 1.0, "high": 0.1}}}, "rate"),
        ({"space": {"rate": {"low": 0.0, "high": 0.1, "log": True}}}, "rate"),
        ({"space": {"rate": {"low": 0.1, "high": 99}}}, "rate"),
        ({"space": {"mode": {"choices": ["odd"]}}}, "mode"),
        ({"space": {"bias": [True]}}, "bias"),
        ({"n_trials": 0}, "n_trials"),
        ({"n_parallel": 99}, "n_parallel"),
        ({"config": {"rate": 0.1}}, "rate"),
    ],
)
def test_impossible_searches_are_refused_by_field(study, more, field):
    with pytest.raises(ValidationError) as refused:
        study(**more)
    assert list(refused.value.message_dict) == [field]
    assert not Study.objects.exists()


@pytest.mark.parametrize(("subjects", "split"), [(("pa", "pb"), "subjects"), (("pa", "pb", "pc"), "each")])
def test_without_people_who_did_not_choose_there_is_no_search(study, build, kind, subjects, split):
    kind.subjects = subjects
    with pytest.raises(Problem) as refused:
        study(dataset=build(split=split))
    assert refused.value.code == "no_untouched_test"

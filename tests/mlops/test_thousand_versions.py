"""A registry of a thousand versions: lists stay lists, sorted by an index, asked for in few queries."""

import pytest

from mlops.models import Dataset, Job, ModelAlias, ModelVersion, PromotionEvent, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def thousand(task, staff):
    """A task with 1,000 versions, every one with its run, and 1,000 promotions."""
    dataset = Dataset.objects.create(task=task, status="ready", content_hash="d" * 64)
    jobs = Job.objects.bulk_create(
        Job(kind="run.train", title=f"Train {n}", is_engine=True, status="succeeded") for n in range(1000)
    )
    runs = Run.objects.bulk_create(
        Run(job=job, task=task, dataset=dataset, estimator="tiny_linear", config={"epochs": n % 100, "rate": 0.1},
            metrics={"accuracy": n / 1000, "train_s": 1.0}, score=n / 1000)
        for n, job in enumerate(jobs)
    )  # fmt: skip
    versions = ModelVersion.objects.bulk_create(
        ModelVersion(task=task, number=n + 1, run=run, estimator="tiny_linear", artifact_dir=f"models/{n}",
                     artifact_hash=f"{n:064x}", score=n / 1000, metrics={"accuracy": n / 1000, "f1_macro": 0.5})
        for n, run in enumerate(runs)
    )  # fmt: skip
    ModelAlias.objects.create(task=task, name="champion", version=versions[500])
    PromotionEvent.objects.bulk_create(
        PromotionEvent(task=task, alias="champion", to_version=version, to_number=version.number, by=staff)
        for version in versions[:1000]
    )
    return versions


PAGES = [
    "/ml/versions/", "/ml/versions/?sort=score", "/ml/versions/?sort=-score&page=9", "/ml/versions/?task=tiny-task",
    "/ml/versions/?estimator=tiny_linear&sort=number", "/ml/runs/", "/ml/runs/?sort=-accuracy",
    "/ml/runs/?q=metrics.accuracy > 0.9 and params.epochs = 50", "/ml/tasks/tiny-task/",
    "/admin/mlops/modelversion/", "/admin/mlops/modelversion/?o=5", "/admin/mlops/run/",
    "/api/v1/versions/?ordering=-score", "/api/v1/runs/?q=metrics.accuracy > 0.9",
]  # fmt: skip


def test_pages_ask_few_questions_of_a_thousand_versions(thousand, administrator, browse, django_assert_max_num_queries):
    page = browse(administrator)
    for path in PAGES:
        page.get(path)
        with django_assert_max_num_queries(30, info=path):
            assert page.get(path).status_code == 200, path


@pytest.mark.parametrize("order", [("-score",), ("-created_at", "-id"), ("task", "-score")])
def test_sorting_a_thousand_versions_uses_an_index(order, thousand):
    plan = ModelVersion.objects.order_by(*order)[:50].explain()
    assert "USING INDEX" in plan or "Index" in plan, plan

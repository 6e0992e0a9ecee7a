"""Addresses of the engine room."""

from django.urls import path

from mlops.board.views import board, tasks, versions
from mlops.datasets import views as datasets
from mlops.exchange import views as exchange
from mlops.jobs.views import account, jobs
from mlops.monitoring.views import drift as watch
from mlops.parts import views as parts
from mlops.registry.views import moves as registry
from mlops.review import views as queue
from mlops.serving import views as serving
from mlops.tasks import views as label_sets
from mlops.training.views import retrain, runs, studies

app_name = "mlops"
urlpatterns = [
    path("ml/", board.board, name="board"),
    path("ml/tasks/", tasks.tasks, name="tasks"),
    path("ml/tasks/new/", tasks.task_new, name="task_new"),
    path("ml/tasks/<slug:name>/", tasks.task, name="task"),
    path("ml/tasks/<slug:name>/build/", tasks.build, name="build"),
    path("ml/tasks/<slug:name>/train/", tasks.train, name="train"),
    path("ml/tasks/<slug:name>/search/", studies.search, name="search"),
    path("ml/tasks/<slug:name>/rollback/", registry.rollback, name="rollback"),
    path("ml/tasks/<slug:name>/challenge/end/", registry.challenge_end, name="challenge_end"),
    path("ml/datasets/", datasets.datasets, name="datasets"),
    path("ml/datasets/<uuid:pk>/", datasets.dataset, name="dataset"),
    path("ml/studies/<uuid:pk>/", studies.study, name="study"),
    path("ml/studies/<uuid:pk>/found/", studies.study_found, name="study_found"),
    path("ml/runs/", runs.runs, name="runs"),
    path("ml/runs/compare/", runs.compare, name="compare"),
    path("ml/runs/<uuid:pk>/", runs.run, name="run"),
    path("ml/runs/<uuid:pk>/curve/", runs.run_curve, name="run_curve"),
    path("ml/versions/", versions.versions, name="versions"),
    path("ml/versions/<uuid:pk>/", versions.version, name="version"),
    path("ml/versions/<uuid:pk>/promote/", registry.promote, name="promote"),
    path("ml/versions/<uuid:pk>/challenge/", registry.challenge, name="challenge"),
    path("ml/versions/<uuid:pk>/retire/", registry.retire, name="version_retire"),
    path("ml/versions/<uuid:pk>/delete/", registry.delete, name="version_delete"),
    path("ml/versions/<uuid:pk>/download/", versions.download, name="version_download"),
    path("ml/versions/<uuid:pk>/pictures/<str:name>", versions.picture, name="version_picture"),
    path("ml/versions/<uuid:pk>/push/", exchange.push, name="hub_push"),
    path("ml/versions/<uuid:pk>/judge/", exchange.judge, name="version_judge"),
    path("ml/versions/<uuid:pk>/folder/", exchange.folder, name="version_folder"),
    path("ml/exchange/", exchange.exchange, name="exchange"),
    path("ml/exchange/pull/", exchange.pull, name="hub_pull"),
    path("ml/exchange/remote/", exchange.remote, name="model_remote"),
    path("ml/exchange/import/", exchange.import_model, name="model_import"),
    path("ml/exchange/runs/<uuid:pk>/", exchange.logged_run, name="logged_run"),
    path("ml/tasks/<slug:name>/retrain/", retrain.retrain, name="retrain"),
    path("ml/drift/", watch.drift, name="drift"),
    path("ml/drift/<slug:name>/measure/", watch.drift_now, name="drift_now"),
    path("ml/alerts/<uuid:pk>/acknowledge/", watch.acknowledge, name="alert_acknowledge"),
    path("ml/queue/", queue.queue, name="queue"),
    path("ml/queue/strategies/", queue.strategies, name="queue_strategies"),
    path("ml/queue/<slug:name>/fill/", queue.fill, name="review_fill"),
    path("ml/queue/<uuid:pk>/decide/", queue.decide, name="review_decide"),
    path("ml/queue/<uuid:pk>/undo/", queue.undo, name="review_undo"),
    path("ml/parts/", parts.parts, name="parts"),
    path("ml/parts/list/", parts.parts_list, name="parts_list"),
    path("ml/parts/recommended/fetch/", parts.fetch_recommended, name="parts_fetch"),
    path("ml/parts/<str:name>/fetch/", parts.fetch, name="part_fetch"),
    path("ml/parts/<str:name>/remove/", parts.remove, name="part_remove"),
    path("ml/parts/<str:name>/", serving.part, name="part"),
    path("parts/<str:name>/<str:digest>/<path:path>", parts.file, name="part_file"),
    path("ml/label-sets/", label_sets.label_sets, name="label_sets"),
    path("ml/label-sets/new/", label_sets.label_set_new, name="label_set_new"),
    path("ml/label-sets/<uuid:pk>/", label_sets.label_set, name="label_set"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:pk>/", jobs.job, name="job"),
    path("jobs/<uuid:pk>/card/", jobs.job_card, name="job_card"),
    path("jobs/<uuid:pk>/cancel/", jobs.cancel, name="job_cancel"),
    path("jobs/<uuid:pk>/retry/", jobs.retry, name="job_retry"),
    path("settings/data/export/", account.export_start, name="export_start"),
    path("settings/data/export/<uuid:pk>/", account.export_download, name="export_download"),
    path("settings/data/erase/", account.erase_start, name="erase_start"),
]

"""Addresses of the engine room."""

from django.urls import path

from mlops.views import account, board, datasets, exchange, jobs, label_sets, runs, tasks, versions

app_name = "mlops"
urlpatterns = [
    path("ml/", board.board, name="board"),
    path("ml/tasks/", tasks.tasks, name="tasks"),
    path("ml/tasks/new/", tasks.task_new, name="task_new"),
    path("ml/tasks/<slug:name>/", tasks.task, name="task"),
    path("ml/tasks/<slug:name>/build/", tasks.build, name="build"),
    path("ml/tasks/<slug:name>/train/", tasks.train, name="train"),
    path("ml/tasks/<slug:name>/rollback/", tasks.rollback, name="rollback"),
    path("ml/datasets/<uuid:pk>/", datasets.dataset, name="dataset"),
    path("ml/runs/<uuid:pk>/", runs.run, name="run"),
    path("ml/runs/<uuid:pk>/curve/", runs.run_curve, name="run_curve"),
    path("ml/versions/<uuid:pk>/", versions.version, name="version"),
    path("ml/versions/<uuid:pk>/promote/", versions.promote, name="promote"),
    path("ml/versions/<uuid:pk>/download/", versions.download, name="version_download"),
    path("ml/versions/<uuid:pk>/push/", exchange.push, name="hub_push"),
    path("ml/versions/<uuid:pk>/judge/", exchange.judge, name="version_judge"),
    path("ml/versions/<uuid:pk>/folder/", exchange.folder, name="version_folder"),
    path("ml/exchange/", exchange.exchange, name="exchange"),
    path("ml/exchange/pull/", exchange.pull, name="hub_pull"),
    path("ml/exchange/import/", exchange.import_model, name="model_import"),
    path("ml/exchange/runs/<uuid:pk>/", exchange.logged_run, name="logged_run"),
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

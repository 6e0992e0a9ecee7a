"""Pages of workouts, recordings, labels and samples. Live and team pages are added by their own modules."""

from django.urls import URLPattern, URLResolver, path

from sessions.views import imports, layouts, live, recordings, samples, teams, today, workouts

app_name = "workouts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("live/", live.live, name="live"),
    path("live/guided/", live.guided, name="guided"),
    path("live/<uuid:pk>/", live.watch, name="live_watch"),
    path("ml/minutes/", live.minutes, name="minutes"),
    path("teams/", teams.teams, name="teams"),
    path("teams/<uuid:pk>/", teams.team, name="team"),
    path("athletes/<int:pk>/", teams.athlete, name="athlete"),
    path("today/", today.today, name="today"),
    path("workouts/", workouts.workouts, name="workouts"),
    path("workouts/new/", workouts.new, name="workout_new"),
    path("workouts/<uuid:pk>/", workouts.workout, name="workout"),
    path("workouts/<uuid:pk>/edit/", workouts.edit, name="workout_edit"),
    path("workouts/<uuid:pk>/delete/", workouts.delete, name="workout_delete"),
    path("recordings/", recordings.recordings, name="recordings"),
    path("recordings/<uuid:pk>/", recordings.recording, name="recording"),
    path("recordings/<uuid:pk>/delete/", recordings.delete, name="recording_delete"),
    path("recordings/<uuid:pk>/files/<str:what>", recordings.download, name="recording_file"),
    path("recordings/<uuid:pk>/labels.<str:kind>", recordings.labels_download, name="labels_file"),
    path("recordings/<uuid:pk>/labels/", recordings.labels_upload, name="labels_upload"),
    path("import/", imports.imports, name="import"),
    path("import/sample/", imports.sample_start, name="import_sample"),
    path("import/sample-file/<str:name>", imports.sample_file, name="import_sample_file"),
    path("import/<uuid:pk>/", imports.job, name="import_job"),
    path("layouts/", layouts.layouts, name="layouts"),
    path("layouts/<uuid:pk>/delete/", layouts.delete, name="layout_delete"),
    path("ml/samples/", samples.samples, name="samples"),
    path("ml/label/<uuid:pk>/", samples.label, name="label"),
]

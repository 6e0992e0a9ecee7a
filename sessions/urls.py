"""Pages of workouts, recordings, labels and samples. Live and team pages come from their own package."""

from django.urls import URLPattern, URLResolver, path

from sessions.form import urls as form
from sessions.live.views import pages, teams
from sessions.video import urls as videos
from sessions.views import imports, layouts, recordings, samples, today, workouts

app_name = "workouts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("live/", pages.live, name="live"),
    path("live/guided/", pages.guided, name="guided"),
    path("live/<uuid:pk>/", pages.watch, name="live_watch"),
    path("ml/minutes/", pages.minutes, name="minutes"),
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
    *videos.urlpatterns,
    *form.urlpatterns,
    path("import/", imports.imports, name="import"),
    path("import/sample/", imports.sample_start, name="import_sample"),
    path("import/sample-file/<str:name>", imports.sample_file, name="import_sample_file"),
    path("import/<uuid:pk>/", imports.job, name="import_job"),
    path("layouts/", layouts.layouts, name="layouts"),
    path("layouts/<uuid:pk>/delete/", layouts.delete, name="layout_delete"),
    path("ml/samples/", samples.samples, name="samples"),
    path("ml/label/<uuid:pk>/", samples.label, name="label"),
]

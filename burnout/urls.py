"""Addresses of recovery."""

from django.urls import path

from burnout.views import checkins, imports, recovery

app_name = "burnout"
urlpatterns = [
    path("recovery/", recovery.recovery, name="recovery"),
    path("recovery/check-in/", checkins.check_in, name="check_in"),
    path("recovery/check-ins/<int:pk>/delete/", checkins.delete, name="checkin_delete"),
    path("recovery/outcomes/new/", checkins.outcome_new, name="outcome_new"),
    path("recovery/outcomes/<int:pk>/delete/", checkins.outcome_delete, name="outcome_delete"),
    path("recovery/estimates/<int:pk>/word/", recovery.estimate_word, name="estimate_word"),
    path("recovery/import/", imports.imports, name="import"),
    path("recovery/import/sample.csv", imports.sample, name="import_sample"),
    path("recovery/teams/", recovery.teams, name="teams"),
    path("athletes/<int:pk>/recovery/", recovery.athlete, name="athlete"),
    path("teams/<uuid:pk>/recovery/", recovery.team, name="team"),
]

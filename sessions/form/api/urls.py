"""/api/v1/form-reports/; included by sessions/api/urls.py."""

from django.urls import path

from sessions.form.api import mirror, reports

urlpatterns = [
    path("form-reports/mirror/", mirror.MirrorSetView.as_view(), name="form_mirror"),
    path("form-reports/exercises/", reports.ExerciseListView.as_view(), name="form_exercises"),
    path("form-reports/<uuid:pk>/series/", reports.FormSeriesView.as_view(), name="form_series"),
    path("form-reports/<uuid:pk>/poses/", reports.FormPosesView.as_view(), name="form_poses"),
    path("form-reports/<uuid:pk>/corrections/", reports.FormCorrectionListView.as_view(), name="form_corrections"),
    path(
        "form-reports/<uuid:pk>/corrections/<int:number>/", reports.FormCorrectionView.as_view(), name="form_correction"
    ),
]

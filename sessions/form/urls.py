"""Pages of form reports; included by sessions/urls.py."""

from django.urls import path

from sessions.form.views import downloads, mirror, pages, shared

urlpatterns = [
    path("mirror/", mirror.mirror, name="mirror"),
    path("form/", pages.reports, name="form_reports"),
    path("form/<uuid:pk>/", pages.report, name="form_report"),
    path("form/<uuid:pk>/delete/", pages.delete, name="form_delete"),
    path("form/<uuid:pk>/correct/", pages.correct, name="form_correct"),
    path("form/<uuid:pk>/annotate/", pages.annotate, name="form_annotate"),
    path("form/<uuid:pk>/person/", pages.person, name="form_person"),
    path("form/<uuid:pk>/share/", pages.share, name="form_share"),
    path("form/<uuid:pk>/files/<str:name>", downloads.download, name="form_file"),
    path("form/shared/<str:secret>/", shared.shared, name="form_shared"),
    path("form/shared/<str:secret>/series.json", shared.series, name="form_shared_series"),
    path("form/shared/<str:secret>/video", shared.video, name="form_shared_video"),
    path("videos/<uuid:pk>/form/", pages.judge, name="form_judge"),
]

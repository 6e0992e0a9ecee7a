"""Pages of videos; included by sessions/urls.py."""

from django.urls import path

from sessions.video.views import library, live, player

urlpatterns = [
    path("videos/", library.videos, name="videos"),
    path("videos/live/", live.live, name="videos_live"),
    path("videos/<uuid:pk>/", player.video, name="video"),
    path("videos/<uuid:pk>/edit/", library.edit, name="video_edit"),
    path("videos/<uuid:pk>/delete/", library.delete, name="video_delete"),
    path("videos/<uuid:pk>/extract/", library.extract, name="video_extract"),
    path("videos/<uuid:pk>/preview/", player.preview, name="video_preview"),
    path("videos/<uuid:pk>/files/<str:what>", player.download, name="video_file"),
    path("videos/<uuid:pk>/features/<str:name>", player.features_download, name="video_features"),
    path("videos/<uuid:pk>/features/<str:name>/delete/", library.features_delete, name="video_features_delete"),
    path("videos/<uuid:pk>/labels.<str:kind>", player.labels_download, name="video_labels_file"),
    path("videos/<uuid:pk>/labels/", player.labels_upload, name="video_labels_upload"),
]

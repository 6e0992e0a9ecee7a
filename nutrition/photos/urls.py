"""Pages of this room; included by nutrition/urls.py."""

from django.urls import URLPattern, URLResolver, path

from nutrition.photos.views import photos

urlpatterns: list[URLPattern | URLResolver] = [
    path("nutrition/photo/", photos.photos, name="photos"),
    path("nutrition/photo/<uuid:pk>/", photos.photo, name="photo"),
    path("nutrition/photo/<uuid:pk>/delete/", photos.delete, name="photo_delete"),
    path("nutrition/photo/<uuid:pk>/files/<str:name>", photos.file, name="photo_file"),
]

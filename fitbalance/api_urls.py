"""The REST API, version 1: each app brings its own endpoints."""

from django.urls import include, path

urlpatterns = [
    path("v1/", include("web.api.urls")),
    path("v1/", include("accounts.api.urls")),
    path("v1/", include("mlops.api_urls")),
    path("v1/", include("sessions.api.urls")),
    path("v1/", include("burnout.api.urls")),
    path("v1/", include("nutrition.api_urls")),
]

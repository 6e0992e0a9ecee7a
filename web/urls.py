"""Addresses that belong to no app in particular."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from web.views import health, pages

app_name = "web"
urlpatterns = [
    path("", pages.landing, name="landing"),
    path("home/", pages.go_home, name="home"),
    path("favicon.ico", pages.favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
    path("version/", health.version, name="version"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="web:schema", template_name="web/api_docs.html"),
        name="docs",
    ),
    path("api/docs/live.md", pages.live_protocol, name="live_protocol"),
    path("api/docs/fitbalance_live.py", pages.live_client, name="live_client"),
]

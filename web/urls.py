"""Addresses that belong to no app in particular."""

from django.urls import path
from drf_spectacular.views import SpectacularSwaggerSplitView

from web.views import health, pages, schema, search, words

app_name = "web"
urlpatterns = [
    path("", pages.landing, name="landing"),
    path("for-ml-teams/", pages.for_ml_teams, name="for_ml_teams"),
    path("home/", pages.go_home, name="home"),
    path("search/", search.search_page, name="search"),
    path("favicon.ico", pages.favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("words/<slug:language>.js", words.catalogue, name="words"),
    path("styleguide/", pages.styleguide, name="styleguide"),
    path("version/", health.version, name="version"),
    path("api/schema/", schema.schema, name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="web:schema", template_name="web/api_docs.html"),
        name="docs",
    ),
    path("api/docs/live.md", pages.live_protocol, name="live_protocol"),
    path("api/docs/fitbalance_live.py", pages.live_client, name="live_client"),
]

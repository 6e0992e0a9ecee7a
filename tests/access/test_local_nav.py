"""Every page of the engine room shows its siblings, with its own place marked once."""

import re

import pytest
from django.urls import reverse

from tests.access.rows import Row
from tests.access.test_matrix import ROWS

pytestmark = pytest.mark.django_db
OF_APPS = {"workouts:samples", "workouts:label", "workouts:minutes", "workouts:videos"}
PAGES = [
    row for row in ROWS
    if row.method == "GET" and row.expect["staff"] == 200 and (row.route.startswith("mlops:") or row.route in OF_APPS)
]  # fmt: skip
BAR = re.compile(r'<nav class="local-nav".*?</nav>', re.S)


def bar_of(stage, identity: str, url: str) -> str | None:
    """The bar's markup; "" where a page has none, None for what is no page."""
    response = stage.ask(identity, "GET", url)
    if response.streaming or not response.content.lstrip().lower().startswith(b"<!doctype html"):
        return None
    found = BAR.search(response.content.decode())
    return found[0] if found else ""


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_the_bar_stands_on_every_page_of_the_engine(row: Row, stage):
    url = reverse(row.route, kwargs=row.kwargs(stage.world))
    bar = bar_of(stage, "staff", url)
    if bar is not None:
        assert bar.count("aria-current=") == 1, bar or "no bar"


@pytest.mark.parametrize(
    ("route", "name", "current", "mark"),
    [
        ("mlops:board", None, "Overview", "page"),
        ("mlops:runs", None, "Runs", "page"),
        ("mlops:run", "run", "Runs", "true"),
        ("mlops:version", "version", "Versions", "true"),
        ("mlops:dataset", "dataset", "Datasets", "true"),
        ("mlops:queue", None, "Queue", "page"),
        ("mlops:drift", None, "Monitoring", "page"),
        ("workouts:samples", None, "Samples", "page"),
        ("workouts:label", "recording", "Samples", "true"),
        ("mlops:jobs", None, "Jobs", "page"),
    ],
)
def test_the_place_of_a_page_is_marked(stage, route, name, current, mark):
    kwargs = {"pk": getattr(stage.world, name).pk} if name else {}
    bar = bar_of(stage, "staff", reverse(route, kwargs=kwargs))
    assert re.findall(r'aria-current="(\w+)">([^<]+)<', bar or "") == [(mark, current)]


def test_nobody_is_shown_a_page_that_is_not_for_them(stage):
    for identity in ("owner", "coach"):
        assert bar_of(stage, identity, reverse("mlops:jobs")) == ""
    for identity in ("staff", "administrator"):
        bar = bar_of(stage, identity, reverse("mlops:board")) or ""
        for url in re.findall(r'href="([^"]+)"', bar):
            assert stage.ask(identity, "GET", url).status_code == 200, (identity, url)


MAIN = re.compile(r'<nav class="site-nav".*?</nav>', re.S)


def main_of(stage, identity: str, url: str) -> list[tuple[str, bool]]:
    """The main navigation: (words, whether marked) of each entry."""
    markup = MAIN.search(stage.ask(identity, "GET", url).content.decode())[0]
    links = re.findall(r"<a ([^>]*)>.*?<span>([^<]+)</span></a>", markup, re.S)
    return [(words, "aria-current" in attributes) for attributes, words in links]


def test_the_engine_is_one_entry_of_the_main_navigation_and_marked_on_all_its_pages(stage):
    of_administrators = [("People", False), ("Models", True), ("Teams", False), ("Audit log", False)]
    assert main_of(stage, "administrator", reverse("mlops:board")) == of_administrators
    for row in PAGES:
        url = reverse(row.route, kwargs=row.kwargs(stage.world))
        if bar_of(stage, "staff", url):
            assert main_of(stage, "staff", url) == [("Models", True)], url


def test_recovery_of_a_team_belongs_to_recovery(stage):
    marked = dict(main_of(stage, "coach", reverse("burnout:team", kwargs={"pk": stage.world.team.pk})))
    assert [words for words, is_marked in marked.items() if is_marked] == ["Recovery"]

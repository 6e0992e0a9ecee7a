"""What is not yours is not there: filters, names of who has left, ways around through the admin, engine jobs."""

import re
from datetime import date, timedelta
from typing import Any

import django_filters
import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Athlete, CoachScope, ConsentKind, Team
from accounts.services.consent import consent_grant
from accounts.services.invitations import invitation_accept, invitation_create
from accounts.services.teams import membership_end, team_create, team_join
from accounts.services.tokens import token_create
from burnout.models import CheckIn
from mlops.jobs.kinds import job_kind
from mlops.jobs.services.jobs import job_create
from mlops.models import Job
from tests.access import routes
from tests.people import make_user

pytestmark = pytest.mark.django_db
LISTS = ["/api/v1/check-ins/", "/api/v1/outcomes/", "/api/v1/risk-estimates/"]
NAME = "Wilhelmina Fairweather"


def filter_sets() -> dict[str, Any]:
    """Every filter set of the API, by the view that uses it."""
    found, waiting = {}, list(get_resolver().url_patterns)
    while waiting:
        one = waiting.pop()
        waiting += getattr(one, "url_patterns", [])
        view = getattr(getattr(one, "callback", None), "cls", None)
        if view is not None and getattr(view, "filterset_class", None) is not None:
            found[view.__name__] = view.filterset_class
    return found


def test_no_filter_looks_a_row_up_among_everybodys():
    """A choice of rows says 400 for what is missing and 200 for what is somebody else's."""
    choices = (django_filters.ModelChoiceFilter, django_filters.ModelMultipleChoiceFilter)
    assert len(filter_sets()) > 10
    wrong = [
        (view, name)
        for view, filters in filter_sets().items()
        for name, one in filters.base_filters.items()
        if isinstance(one, choices)
    ]
    assert not wrong


def answer_of(client: APIClient, path: str, **query: Any) -> tuple[int, Any, int]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path, query)
    return answer.status_code, answer.json(), len(queries)


@pytest.mark.parametrize("path", LISTS)
def test_a_strangers_id_answers_like_nobodys(api, coach_user, athlete_user, other_athlete_user, path):
    stranger = Athlete.objects.create(user=other_athlete_user)
    Athlete.objects.create(user=athlete_user)
    CheckIn.objects.create(athlete=stranger, day=date(2026, 3, 2))
    for user in (coach_user, athlete_user):
        client = api(user)
        theirs = answer_of(client, path, athlete=stranger.pk)
        assert theirs[:2] == (200, {"count": 0, "next": None, "previous": None, "results": []})
        for nobody in (999_999_999, 0, 2**63 - 1, 2**63, 10**30):
            assert answer_of(client, path, athlete=nobody)[:2] == theirs[:2], nobody
        assert answer_of(client, path, athlete=999_999_999) == theirs, "with as many looks into the database"
        assert client.get(path, {"athlete": "x"}).status_code == 400


def test_the_filter_finds_what_may_be_seen(api, coach_user, athlete_user):
    team = team_create(coach=coach_user, name="Strong people")
    team_join(team=team, user=athlete_user, role="athlete")
    athlete = athlete_user.athlete
    consent_grant(athlete=athlete, kind=ConsentKind.COACH, scope=CoachScope.RECOVERY, team=team, by=athlete_user)
    CheckIn.objects.create(athlete=athlete, day=date(2026, 3, 2))
    assert answer_of(api(coach_user), LISTS[0], athlete=athlete.pk)[1]["count"] == 1
    assert answer_of(api(athlete_user), LISTS[0], athlete=athlete.pk)[1]["count"] == 1


# -- who has left ------------------------------------------------------------------------------------------


@pytest.fixture
def left(coach_user, athlete_user) -> Team:
    """A team that an athlete has left who was invited by mail, shared everything, and was live."""
    first, _, last = NAME.partition(" ")
    athlete_user.first_name, athlete_user.last_name = first, last
    athlete_user.save()
    team = team_create(coach=coach_user, name="Strong people")
    invitation, _ = invitation_create(team=team, by=coach_user, email="wilhelmina.fairweather@example.org")
    membership = invitation_accept(invitation=invitation, user=athlete_user, scopes=list(CoachScope.values))
    CheckIn.objects.create(athlete=athlete_user.athlete, day=date.today())
    team_join(team=team, user=make_user("still-here"), role="athlete")
    membership_end(membership=membership, by=athlete_user)
    return team


def test_who_has_left_is_named_nowhere_to_the_coach(browse, api, coach_user, athlete_user, left):
    """Every page and list that a coach can open without naming a row, those of the team, and the admin."""
    paths = {reverse(name, args=[left.pk]) for name in ("accounts:members", "workouts:team", "burnout:team")}
    for route in routes.http_routes():
        if "GET" in route.methods and "<" not in route.pattern and "(" not in route.pattern:
            paths.add("/" + route.pattern)
    paths |= {
        reverse("admin:accounts_team_change", args=[left.pk]), reverse("admin:accounts_membership_changelist"),
        f"/api/v1/memberships/?team={left.pk}", "/api/v1/invitations/", "/api/v1/audit-events/",
    }  # fmt: skip
    assert len(paths) > 30
    page, program = browse(coach_user), api(coach_user)
    named = []
    for path in sorted(paths):
        answer = (program if path.startswith("/api/") else page).get(path)
        if not answer.streaming and any(part in answer.content.decode("utf-8", "replace").lower() for part in
                                        ("wilhelmina", "fairweather")):  # fmt: skip
            named.append(path)
    assert not named
    assert "still-here" in page.get(reverse("accounts:members", args=[left.pk])).content.decode()


def test_an_ended_membership_is_missing_to_the_coach_and_there_for_its_owner(api, coach_user, athlete_user, left):
    gone = athlete_user.memberships.get()
    assert api(coach_user).get(f"/api/v1/memberships/{gone.pk}/").status_code == 404
    assert api(athlete_user).get(f"/api/v1/memberships/{gone.pk}/").status_code == 200


# -- the admin ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["coach_user", "staff_user", "administrator_user"])
def test_the_admins_way_to_any_row_tells_nothing(browse, athlete_user, request, role):
    """/admin/r/: there, missing, of a table without pages, no table at all, no number: one answer."""
    client = browse(request.getfixturevalue(role), raise_request_exception=False)
    user_table = ContentType.objects.get_for_model(type(athlete_user)).pk
    team = ContentType.objects.get_for_model(Team).pk
    paths = [f"{user_table}/{athlete_user.pk}", f"{user_table}/999999", f"{team}/x", "999999/1", "x/y", "1/../2"]
    answers = {path: client.get(f"/admin/r/{path}/") for path in paths}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(paths, 404)
    bodies = {_without_ids(answer.content.decode(), path) for path, answer in answers.items()}
    assert len(bodies) == 1


def _without_ids(body: str, path: str) -> str:
    body = re.sub(r"\b[0-9a-f]{16}\b", "ID", body.replace(path, "PATH"))
    return re.sub(r"[A-Za-z0-9]{64}", "TOKEN", body)


def test_strangers_are_asked_to_sign_in_there(client):
    assert client.get("/admin/r/1/1/").url.startswith("/admin/login/")


def test_no_page_of_the_admin_asks_for_no_role(browse, coach_user):
    """Anybody may sign up as a coach, and a coach may open the admin: each of its tables decides itself."""
    for model, one in admin.site._registry.items():
        assert not one.view_on_site or not hasattr(model, "get_absolute_url"), model
    names = {model._meta.label_lower for model in admin.site._registry}
    assert "django_rq.dashboard" not in names, "its pages stop and delete jobs, and look at no role"
    client = browse(coach_user, raise_request_exception=False)
    for path in ("/admin/django_rq/dashboard/", "/admin/django_rq/dashboard/stats.json", "/admin/django_rq/"):
        assert client.get(path).status_code in {302, 403, 404}, path


# -- engine jobs ---------------------------------------------------------------------------------------


def with_token(user: Any, *scopes: str) -> APIClient:
    ends = timezone.now() + timedelta(days=1)
    client = APIClient()
    client.credentials(
        HTTP_AUTHORIZATION=f"Bearer {token_create(user=user, name='t', scopes=scopes, expires_at=ends)[1]}"
    )
    return client


@pytest.fixture
def failed() -> Any:
    @job_kind("test.scope")
    def run(context: Any) -> dict[str, Any]:
        return {}

    def make(owner: Any, *, is_engine: bool, status: str = "failed") -> Job:
        job = job_create(kind="test.scope", title="T", owner=owner, parameters={}, is_engine=is_engine)
        Job.objects.filter(pk=job.pk).update(status=status)
        return job

    return make


@pytest.mark.parametrize("what", ["retry", "cancel"])
def test_engine_jobs_need_the_scope_that_starts_them(failed, staff_user, what):
    status = "failed" if what == "retry" else "queued"
    job = failed(staff_user, is_engine=True, status=status)
    done = 202 if what == "retry" else 200
    for scopes in (["read"], ["read", "write"], ["read", "write", "predict", "stream"]):
        answer = with_token(staff_user, *scopes).post(f"/api/v1/jobs/{job.pk}/{what}/", {}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), scopes
    assert Job.objects.count() == 1
    answer = with_token(staff_user, "read", "train").post(f"/api/v1/jobs/{job.pk}/{what}/", {}, format="json")
    assert answer.status_code == done


@pytest.mark.parametrize("what", ["retry", "cancel"])
def test_ones_own_jobs_need_write(failed, athlete_user, what):
    job = failed(athlete_user, is_engine=False, status="failed" if what == "retry" else "queued")
    path = f"/api/v1/jobs/{job.pk}/{what}/"
    assert with_token(athlete_user, "read", "train").post(path, {}, format="json").status_code == 403
    assert with_token(athlete_user, "read", "write").post(path, {}, format="json").status_code in {200, 202}


def test_who_was_staff_once_starts_no_engine_job(failed, api, browse, staff_user):
    job = failed(staff_user, is_engine=True)
    staff_user.role = "athlete"
    staff_user.save()
    assert api(staff_user).post(f"/api/v1/jobs/{job.pk}/retry/", {}, format="json").status_code == 403
    assert browse(staff_user).post(reverse("mlops:job_retry", args=[job.pk])).status_code in {403, 404}
    assert Job.objects.count() == 1

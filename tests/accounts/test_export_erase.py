"""Taking everything away: as a ZIP, and for good."""

import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEvent, ConsentKind, Invitation, Membership, Role, Team, TeamRole, User
from accounts.services.consent import consent_grant
from accounts.services.erase import erase_account, erasure_begin, erasure_confirm
from accounts.services.export import export_account
from accounts.services.invitations import invitation_accept, invitation_create
from accounts.services.login_limit import TooManyLogins
from accounts.services.teams import team_create
from accounts.services.tokens import token_create
from sessions.models import Recording, SensorLayout, Span, WorkoutSession
from tests.people import PASSWORD
from web.registries import personal_data

pytestmark = pytest.mark.django_db
NAME = "Zanetta Quornby"
EMAIL = "zanetta.quornby@very-personal.example"


@pytest.fixture
def person(make_user, coach_user):
    """Somebody who used everything: signed in, team, consents, token, second factor, workout with a file."""
    user = make_user("zquornby", email=EMAIL, first_name="Zanetta", last_name="Quornby")
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    client = Client(headers={"user-agent": f"Browser of {NAME}"})
    client.post(reverse("account_login"), {"login": "zquornby", "password": PASSWORD})
    team = team_create(coach=coach_user, name="Strong people")
    invitation, _ = invitation_create(team=team, by=coach_user, email=EMAIL)
    invitation_accept(invitation=invitation, user=user, scopes=["training"])
    consent_grant(athlete=user.athlete, kind=ConsentKind.LEARNING, scope="sensor", by=user)
    token_create(user=user, name=f"tablet of {NAME}", scopes=["read"], expires_at=timezone.now() + timedelta(days=1))
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    LogEntry.objects.create(
        user=coach_user,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr=str(user),
        action_flag=CHANGE,
        change_message="[]",
    )
    _train(user)
    user.client = client
    return user


def _train(user):
    session = WorkoutSession.objects.create(
        athlete=user.athlete, title=f"Legs with {NAME}", started_at=timezone.now(), notes=f"mail {EMAIL}"
    )
    layout = SensorLayout.objects.first() or SensorLayout.objects.create(
        key="flextail", title="FlexTail", rate_hz=50, channels=[{"name": "x", "unit": "rad"}]
    )
    recording = Recording(session=session, layout=layout, source="import", started_at=timezone.now())
    recording.file = f"recordings/{recording.pk}/samples.parquet"
    recording.originals = [
        {"file": f"recordings/{recording.pk}/original-1.csv", "name": "quornby.csv", "sha256": "0" * 64, "size": 9}
    ]
    recording.save()
    for name in (recording.file, recording.originals[0]["file"]):
        path = Path(settings.MEDIA_ROOT) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"samples of {NAME}")
    Span.objects.create(recording=recording, start_s=0, end_s=1, label="squat", author=user)


def everything_stored() -> dict[str, str]:
    """table → all its rows as text."""
    with connection.cursor() as cursor:
        texts = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            texts[table] = "\n".join(repr(row) for row in cursor.fetchall())
    return texts


def all_files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_erasing_leaves_nothing_but_a_tombstone(person):
    pseudonym, pk, athlete_pk = person.athlete.pseudonym, person.pk, person.athlete.pk
    traces = [NAME, "Quornby", "zquornby", EMAIL, pseudonym]
    before = "".join(everything_stored().values())
    assert all(trace in before for trace in traces)
    assert all_files()

    facts = erase_account(user=person, by=person)

    for table, text in everything_stored().items():
        found = [trace for trace in traces if trace.lower() in text.lower()]
        assert not found, (table, found)
    assert not all_files()
    assert not User.objects.filter(pk=pk).exists()
    tombstone = AuditEvent.objects.get(action="account.erased")
    assert (tombstone.actor, tombstone.subject, tombstone.target) == (None, None, f"accounts.user:{pk}")
    assert tombstone.detail == {"rows": sum(facts.deleted.values()), "files": 2, "by": "self"}
    for event in AuditEvent.objects.exclude(pk=tombstone.pk).filter(actor=None, subject=None):
        assert event.target == ""
        assert event.detail == {}
    assert athlete_pk
    assert facts.n_files == 2


def test_others_lose_nothing(person, coach_user):
    Span.objects.update(author=coach_user)
    erase_account(user=person, by=person)
    assert Team.objects.visible_to(coach_user).count() == 1
    assert AuditEvent.objects.filter(actor=coach_user, action="team.created").exists()
    assert User.objects.filter(pk=coach_user.pk).exists()


def test_erasing_can_be_repeated_after_an_interruption(person):
    class Stopped(Exception):
        pass

    def stop_late(done, total, note=""):
        if done == total - 2:
            raise Stopped

    with pytest.raises(Stopped):
        erase_account(user=person, by=person, step=stop_late)
    assert not User.objects.get(pk=person.pk).is_active
    erase_account(user=User.objects.get(pk=person.pk), by=person)
    assert NAME not in "".join(everything_stored().values())


def test_sessions_and_tokens_die_at_once(person):
    _, secret = token_create(user=person, name="t", scopes=["read"], expires_at=timezone.now() + timedelta(days=1))
    api = APIClient(headers={"Authorization": f"Bearer {secret}"})
    assert person.client.get("/settings/").status_code in (302,)
    erasure_begin(user=person, by=person)
    assert api.get("/api/v1/me/").status_code == 401
    assert person.client.get("/settings/profile/").url.startswith("/accounts/login/")
    again = Client()
    again.post(reverse("account_login"), {"login": "zquornby", "password": PASSWORD})
    assert "_auth_user_id" not in again.session


def test_hooks_run_before_rows_go(person, monkeypatch):
    seen = []
    monkeypatch.setattr(
        personal_data, "erase_hooks", lambda: [lambda user: seen.append(Membership.objects.filter(user=user).count())]
    )
    erase_account(user=person, by=person)
    assert seen == [1]


def test_a_team_without_another_coach_goes_with_its_coach(person, coach_user, other_coach_user):
    team = Team.objects.get()
    shared = team_create(coach=coach_user, name="Shared")
    invitation, _ = invitation_create(team=shared, by=coach_user, role=TeamRole.COACH)
    invitation_accept(invitation=invitation, user=other_coach_user)
    erase_account(user=coach_user, by=coach_user)
    assert list(Team.objects.all()) == [shared]
    assert not Team.objects.filter(pk=team.pk).exists()
    assert User.objects.filter(pk=person.pk).exists()
    assert Recording.objects.exists()
    assert not Invitation.objects.filter(created_by=coach_user.pk).exists()


def test_an_administrator_may_start_it(person, make_user):
    boss = make_user("boss", role=Role.ADMINISTRATOR)
    erase_account(user=person, by=boss)
    tombstone = AuditEvent.objects.get(action="account.erased")
    assert tombstone.actor == boss
    assert tombstone.detail["by"] == "administrator"


def test_name_and_password_are_asked(person):
    erasure_confirm(user=person, username="zquornby", password=PASSWORD)
    with pytest.raises(ValidationError, match="username"):
        erasure_confirm(user=person, username="somebody", password=PASSWORD)
    for _ in range(5):
        with pytest.raises(ValidationError, match="Wrong password"):
            erasure_confirm(user=person, username="zquornby", password="wrong")
    with pytest.raises(TooManyLogins):
        erasure_confirm(user=person, username="zquornby", password=PASSWORD)


def read_zip(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        rows = {
            name.removeprefix("data/").removesuffix(".jsonl"): [
                json.loads(line) for line in archive.read(name).splitlines()
            ]
            for name in archive.namelist()
            if name.startswith("data/")
        }
        files = {name: archive.read(name) for name in archive.namelist() if name.startswith("files/")}
    return manifest, rows, files


def test_the_export_holds_everything_but_secrets(person, tmp_path):
    steps = []
    facts = export_account(user=person, path=tmp_path / "out" / "a.zip", step=lambda *told: steps.append(told))
    manifest, rows, files = read_zip(tmp_path / "out" / "a.zip")
    assert manifest["user"] == "zquornby"
    assert manifest["rows"] == facts.rows == {k: len(v) for k, v in rows.items()}
    assert rows["accounts.user"][0]["email"] == EMAIL
    assert rows["workouts.workoutsession"][0]["title"] == f"Legs with {NAME}"
    assert len(rows["accounts.consent"]) == 2
    assert len(rows["workouts.span"]) == 1
    assert len(files) == 2
    assert set(files.values()) == {f"samples of {NAME}".encode()}
    assert facts.size_bytes == (tmp_path / "out" / "a.zip").stat().st_size
    text = json.dumps(rows)
    for secret in (person.password, person.api_tokens.get().secret_hash, "session_key", "JBSWY3DPEHPK3PXP"):
        assert secret not in text
    assert steps[-1][0] == steps[-1][1]


def test_the_export_holds_nobody_else(person, coach_user, other_athlete_user, tmp_path):
    export_account(user=person, path=tmp_path / "a.zip")
    _, rows, _ = read_zip(tmp_path / "a.zip")
    assert "coach@example.org" not in json.dumps(rows)
    assert "other-athlete" not in json.dumps(rows)


def test_a_cancelled_export_leaves_no_file(person, tmp_path):
    def stop(done, total, note=""):
        if done == 3:
            raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError):
        export_account(user=person, path=tmp_path / "a.zip", step=stop)
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_said_and_not_fatal(person, tmp_path):
    all_files()[0].unlink()
    facts = export_account(user=person, path=tmp_path / "a.zip")
    assert len(facts.missing_files) == 1


@pytest.mark.parametrize("is_one_file", [True, False])
def test_mail_that_lies_in_files_goes_with_the_person(person, settings, tmp_path, is_one_file):
    settings.EMAIL_BACKEND = settings.MAIL_TRANSPORT = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    mails = [EmailMessage("Hello", "A link.", to=[to]) for to in (EMAIL.upper(), "somebody@example.org")]
    if is_one_file:
        get_connection().send_messages(mails)
    else:
        backends = [get_connection() for _ in mails]  # alive together: files are named by the second and the object
        for backend, mail in zip(backends, mails, strict=True):
            backend.send_messages([mail])
    erase_account(user=person, by=person)
    (left,) = [path.read_text() for path in tmp_path.iterdir()]
    assert "somebody@example.org" in left
    assert EMAIL.lower() not in left.lower()

"""Mail goes out by a job: no page fails with the mail server, no link is lost, and none is readable on the way."""

import json
import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives, send_mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import OutgoingMail, TeamRole
from accounts.services.invitations import MOST_BY_COACH, MOST_TO_ADDRESS, invitation_accept, invitation_create
from accounts.services.mail import KEPT
from accounts.services.teams import team_create
from mlops.jobs.services.execution import job_execute_here
from mlops.jobs.services.mail import mails_again
from mlops.models import Job

pytestmark = pytest.mark.django_db


class AwayServer(EmailBackend):
    """A mail server that answers as the test says."""

    error: Exception = ConnectionRefusedError(111, "Connection refused by mail.example.org")

    def send_messages(self, messages):
        raise self.error


AWAY = f"{__name__}.AwayServer"


@pytest.fixture(autouse=True)
def _queued(settings):
    settings.EMAIL_BACKEND = "mlops.jobs.services.mail.QueuedBackend"
    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"


def run_jobs():
    for job in Job.objects.filter(kind="mail.send", status="queued"):
        Job.objects.filter(pk=job.pk).update(not_before=None)
        job_execute_here(pk=job.pk)


def invite(browse, coach_user, email="a@b.org"):
    team = team_create(coach=coach_user, name="Strong people")
    url = reverse("accounts:members", args=[team.pk])
    return browse(coach_user).post(url, {"role": "athlete", "email": email})


def test_the_settings_send_by_a_job():
    from fitbalance.settings import accounts

    assert accounts.EMAIL_BACKEND == "mlops.jobs.services.mail.QueuedBackend"
    assert "console" not in accounts.MAIL_TRANSPORT


def test_a_page_does_not_wait_for_the_mail_server(browse, coach_user, settings):
    settings.MAIL_TRANSPORT = AWAY
    page = invite(browse, coach_user)
    assert page.status_code == 200
    link = page.context["link"]
    for _ in range(3):
        run_jobs()
    job = Job.objects.get(kind="mail.send")
    assert (job.status, job.failure_code) == ("failed", "unavailable")
    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    mails_again()
    assert Job.objects.filter(kind="mail.send").count() == 1, "not before its time"
    OutgoingMail.objects.update(next_at=timezone.now())
    mails_again()
    run_jobs()
    assert [message.to for message in mail.outbox] == [["a@b.org"]]
    assert link in mail.outbox[0].body
    assert not OutgoingMail.objects.exists(), "what is sent is not kept"


@pytest.mark.parametrize("path", ["account_reset_password", "account_signup"])
def test_signing_up_and_resetting_work_while_the_server_is_away(client, athlete_user, settings, path):
    settings.MAIL_TRANSPORT = AWAY
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    body = {
        "email": "athlete@example.org" if path == "account_reset_password" else "new@example.org", "username": "new",
        "password1": "a-long-password-9", "password2": "a-long-password-9", "role": "athlete", "units": "metric",
        "time_zone": "UTC",
    }  # fmt: skip
    assert client.post(reverse(path), body).status_code == 302
    run_jobs()
    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    run_jobs()
    assert mail.outbox[0].to == [body["email"]]
    assert "http" in mail.outbox[0].body


def test_nothing_in_the_database_can_be_read(browse, coach_user, settings):
    settings.MAIL_TRANSPORT = AWAY
    link = invite(browse, coach_user).context["link"]
    secret = link.rstrip("/").split("/")[-1]
    for _ in range(3):
        run_jobs()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            assert secret not in repr(cursor.fetchall()), table
    told = json.dumps(list(Job.objects.values()), default=str)
    assert "a@b.org" not in told
    assert "mail.example.org" not in told


@pytest.mark.parametrize(
    ("error", "stays"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.org": (550, b"no such user")}), False),
        (smtplib.SMTPRecipientsRefused({"a@b.org": (450, b"greylisted")}), True),
        (smtplib.SMTPDataError(554, b"spam"), False),
        (smtplib.SMTPServerDisconnected("gone"), True),
        (smtplib.SMTPAuthenticationError(535, b"bad password"), True),
        (TimeoutError(), True),
    ],
)
def test_what_is_tried_again(settings, monkeypatch, error, stays):
    settings.MAIL_TRANSPORT = AWAY
    monkeypatch.setattr(AwayServer, "error", error)
    send_mail("Hello", "text", None, ["a@b.org"])
    run_jobs()
    assert OutgoingMail.objects.exists() == stays
    job = Job.objects.get()
    assert job.status == ("queued" if stays else "failed")
    assert "a@b.org" not in job.failure_reason + job.log_tail


def test_a_message_arrives_as_it_was_written():
    message = EmailMultiAlternatives(
        "Änderung", "text", "us@example.org", ["a@b.org", "c@d.org"], headers={"X-A": "1"}, reply_to=["r@example.org"]
    )
    message.attach_alternative("<b>text</b>", "text/html")
    assert message.send() == 1
    run_jobs()
    assert sorted(sent.to for sent in mail.outbox) == [["a@b.org"], ["c@d.org"]]
    sent = mail.outbox[0]
    assert (sent.subject, sent.body, sent.from_email) == ("Änderung", "text", "us@example.org")
    assert sent.alternatives[0][0] == "<b>text</b>"
    assert (sent.extra_headers, sent.reply_to) == ({"X-A": "1"}, ["r@example.org"])


def test_what_is_of_no_use_any_more_goes(settings):
    send_mail("Hello", "text", None, ["a@b.org"])
    OutgoingMail.objects.update(created_at=timezone.now() - KEPT - timedelta(minutes=1))
    mails_again()
    assert not OutgoingMail.objects.exists()


def test_mail_of_another_key_is_said(settings):
    send_mail("Hello", "text", None, ["a@b.org"])
    settings.SECRET_KEY = "another" * 10
    run_jobs()
    assert Job.objects.get().failure_code == "mail_refused"


# -- what stands in it, and how much of it ---------------------------------------------------------------

LURES = ["Win at http://evil.example", "www.evil.example", "evil.example/login", "<b>Team</b>", "[x](http://e.io)",
         "a\nBcc: b@c.org", "\u202eevil"]  # fmt: skip


@pytest.mark.parametrize("name", LURES)
def test_names_hold_no_links(api, browse, coach_user, name):
    assert api(coach_user).post("/api/v1/teams/", {"name": name}, format="json").status_code == 400
    assert browse(coach_user).post(reverse("accounts:team_new"), {"name": name}).status_code in {200, 400}
    assert api(coach_user).patch("/api/v1/me/", {"first_name": name}, format="json").status_code == 400
    assert not coach_user.memberships.exists()


@pytest.mark.parametrize(
    "name", ["F.C. St.Pauli", "Ada & Bob", "Läufer 2026: A/B", "Équipe n° 1", "走る人", "O'Neil-Smith"]
)
def test_names_of_people_and_teams_pass(api, coach_user, name):
    assert api(coach_user).post("/api/v1/teams/", {"name": name}, format="json").status_code == 201


def test_names_from_before_are_harmless_in_mails(coach_user, settings):
    """Rows made before names were checked, and user names, which may hold dots and an @."""
    settings.EMAIL_BACKEND = settings.MAIL_TRANSPORT
    coach_user.first_name = "Visit https://evil.example/x"
    coach_user.save()
    team = team_create(coach=coach_user, name="www.evil。example and mail@evil.example\r\nBcc: x@y.org")
    from accounts.services.invitations import invitation_send

    invitation, _ = invitation_create(team=team, by=coach_user, email="a@b.org")
    invitation_send(invitation=invitation, link="http://testserver/invitations/x/")
    text = mail.outbox[0].subject + mail.outbox[0].body.replace("http://testserver/invitations/x/", "")
    for lure in ("http", "evil.example", "www.evil", "mail@", "\r"):
        assert lure not in text.replace("https ", "").replace("http ", ""), lure
    assert "\n" not in mail.outbox[0].subject


def test_a_user_name_is_no_link_in_the_sites_own_mails(client, settings):
    settings.EMAIL_BACKEND = settings.MAIL_TRANSPORT
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    body = {
        "email": "victim@example.org", "username": "www.evil.example", "password1": "a-long-password-9",
        "password2": "a-long-password-9", "role": "athlete", "units": "metric", "time_zone": "UTC",
    }  # fmt: skip
    assert client.post(reverse("account_signup"), body).status_code == 302
    client.post(reverse("account_reset_password"), {"email": "victim@example.org"})
    assert len(mail.outbox) == 2
    assert not [one.body for one in mail.outbox if "evil.example" in one.body or "www.evil" in one.body]


def test_an_address_gets_few_invitations_a_day(api, coach_user, other_coach_user, team):
    own = team_create(coach=other_coach_user, name="Others")
    addresses = ["a@b.org", "A@B.org", "a+x@b.org", "a+y@b.org"]
    for n, address in enumerate(addresses[:MOST_TO_ADDRESS]):
        by, of = ((coach_user, team), (other_coach_user, own))[n % 2]
        body = {"team": str(of.pk), "email": address}
        assert api(by).post("/api/v1/invitations/", body, format="json").status_code == 201
    answer = api(coach_user).post("/api/v1/invitations/", {"team": str(team.pk), "email": addresses[3]}, format="json")
    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_invitations"
    assert 0 < int(answer["Retry-After"]) <= 24 * 3600
    body = {"team": str(team.pk), "email": "somebody-else@b.org"}
    assert api(coach_user).post("/api/v1/invitations/", body, format="json").status_code == 201


def test_a_coach_makes_few_invitations_a_day_in_all_teams(browse, coach_user, team):
    for n in range(MOST_BY_COACH):
        if n % 25 == 0:
            team = team_create(coach=coach_user, name=f"Team {n}")
        invitation, _ = invitation_create(team=team, by=coach_user, email=f"p{n}@b.org")
    invitation.revoked_at = timezone.now()
    invitation.save()
    page = browse(coach_user).post(reverse("accounts:members", args=[team.pk]), {"role": "athlete"})
    assert page.status_code == 429
    assert "tomorrow" in page.content.decode()
    assert int(page["Retry-After"]) > 0


def test_an_accepted_invitation_forgets_the_address(coach_user, athlete_user):
    team = team_create(coach=coach_user, name="Strong people")
    invitation, _ = invitation_create(team=team, by=coach_user, role=TeamRole.ATHLETE, email="athlete@example.org")
    invitation_accept(invitation=invitation, user=athlete_user)
    invitation.refresh_from_db()
    assert invitation.email == ""


def test_an_account_mails_few_addresses(browse, athlete_user, settings):
    """Each address that somebody adds gets a mail with the user's name in it."""
    settings.EMAIL_BACKEND = settings.MAIL_TRANSPORT
    client = browse(athlete_user)
    for n in range(6):
        client.post(reverse("account_email"), {"action_add": "", "email": f"victim{n}@example.org"})
    assert len({to for message in mail.outbox for to in message.to}) <= settings.ACCOUNT_MAX_EMAIL_ADDRESSES


def test_a_mailbox_gets_few_resets_a_day(client, athlete_user, settings):
    settings.EMAIL_BACKEND = settings.MAIL_TRANSPORT
    by_day = settings.ACCOUNT_RATE_LIMITS["reset_password"].split(",")[-1]
    assert by_day == "20/d/key"
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "2/d/key"}
    answers = [
        client.post(reverse("account_reset_password"), {"email": "athlete@example.org"}, REMOTE_ADDR=f"203.0.113.{n}")
        for n in range(4)
    ]
    assert len(mail.outbox) == 2
    assert answers[-1].status_code in {200, 429}

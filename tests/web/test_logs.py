"""Links that sign in, reset or confirm never stand in a log."""

import logging
import re

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.log import configure_logging

from web.logs import SecretsFormatter, hide_secrets

SECRET = "s3cr3t-A1_b2-3c4d5e6f7g8h9i0j"
TAKES_A_SECRET = re.compile(r"secret|token|key(?!s)|code|uidb36", re.IGNORECASE)


def routes(patterns, before=""):
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, before + str(one.pattern))
        elif isinstance(one, URLPattern):
            yield before + str(one.pattern), one


def secret_addresses():
    """Every address of the site with a part that is a secret, filled in."""
    found = []
    for text, one in routes(get_resolver().url_patterns):
        if text.startswith("admin/") or not any(TAKES_A_SECRET.search(n) for n in one.pattern.converters or {}):
            if not re.search(r"\(\?P<(key|uidb36|secret|token)>", text):
                continue
        path = re.sub(r"\(\?P<\w+>(?:[^()]|\([^)]*\))*\)|<[^>]+>", SECRET, text)
        found.append("/" + path.replace("^", "").replace("$", "").replace("\\", "").replace("?", ""))
    return found


def test_every_address_with_a_secret_is_hidden():
    addresses = secret_addresses()
    assert any("invitations" in one for one in addresses)
    assert any("confirm-email" in one for one in addresses)
    assert any("reset/key" in one for one in addresses)
    shown = {one: hide_secrets(f'GET "http://fit.example.org{one}" 200') for one in addresses}
    assert not {one: text for one, text in shown.items() if SECRET in text}


@pytest.mark.parametrize(
    "line",
    [
        f"GET /api/v1/me/?page=1&token={SECRET} 401",
        f"/ws/live/1/?access_token={SECRET}",
        f"/ws/live/1/?TOKEN={SECRET}&x=1",
        f"/accounts/login/?next=%2Finvitations%2F{SECRET}%2F",
        f"/accounts/login/?next=/x/%3Ftoken%3D{SECRET}",
        f"https://bucket.example.org/a?X-Amz-Signature={SECRET}&X-Amz-Date=1",
        f"https://hub.example.org/model?api_key={SECRET}#a",
        f"Authorization: Bearer {SECRET}",
        f"Cookie: csrftoken={SECRET}; sessionid={SECRET}",
        f"made fb_{SECRET} for somebody",
        f"HF_TOKEN=hf_{SECRET.replace('-', '')}",
        f"password={SECRET}",
    ],
)
def test_no_secret_in_a_line(line):
    assert SECRET not in hide_secrets(line)
    assert SECRET.replace("-", "") not in hide_secrets(line)
    assert "…" in hide_secrets(line)


@pytest.mark.parametrize(
    "line",
    ["GET /api/v1/tasks/exercise/ 200", "Bearer of news", "/api/v1/jobs/?status=failed&page=2", "the task keys are 3"],
)
def test_what_is_no_secret_stays(line):
    assert hide_secrets(line) == line


def test_the_trace_below_a_line_is_hidden_too(capsys):
    """Through the handlers as the settings make them."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    try:
        raise OSError(f"cannot reach https://fit.example.org/accounts/password/reset/key/5-{SECRET}/")
    except OSError:
        logging.getLogger("accounts").exception("Mail to somebody failed: /invitations/%s/", SECRET)
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert SECRET not in printed


def test_every_handler_hides():
    formatters = settings.LOGGING["formatters"]
    for name, handler in settings.LOGGING["handlers"].items():
        assert formatters[handler["formatter"]]["()"] == f"web.logs.{SecretsFormatter.__name__}", name


def test_the_access_log_has_no_query(caplog):
    from fitbalance.serve import access_log

    caplog.set_level(logging.INFO)
    details = {"path": f"/invitations/{SECRET}/?token={SECRET}", "status": 200, "method": "GET", "size": 1}
    access_log("http", "complete", {**details, "time_taken": 0.1})
    access_log("websocket", "connected", details)
    assert SECRET not in caplog.text
    assert "/invitations/" in caplog.text

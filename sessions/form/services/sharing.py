"""Links that show one report without an account, until they expire."""

import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.services.audit import audit
from accounts.services.tokens import token_hash
from sessions.models import FormReport, FormShare

DAYS = (1, 7, 30)
MOST_SHARES = 20
"""Of one report; the oldest gives way."""


def share_create(*, report: FormReport, days: int, with_video: bool, by: Any) -> tuple[FormShare, str]:
    """The share and its secret, which is never readable again. `days` is one of DAYS."""
    secret = secrets.token_urlsafe(24)
    share = FormShare.objects.create(
        report=report, secret_hash=token_hash(secret), with_video=with_video and report.video_id is not None,
        expires_at=timezone.now() + timedelta(days=days if days in DAYS else DAYS[0]),
    )  # fmt: skip
    stale = FormShare.objects.filter(report=report).order_by("-created_at").values_list("pk", flat=True)[MOST_SHARES:]
    FormShare.objects.filter(pk__in=list(stale)).delete()
    audit(actor=by, action="form.shared", target=report, days=days, with_video=share.with_video)
    return share, secret


def shares_end(*, report: FormReport, by: Any) -> int:
    """All links of a report stop working; how many."""
    n, _each = FormShare.objects.filter(report=report).delete()
    if n:
        audit(actor=by, action="form.share_ended", target=report)
    return n


def shares_expire() -> int:
    """Remove those that lead nowhere any more."""
    n, _each = FormShare.objects.filter(expires_at__lte=timezone.now()).delete()
    return n

"""Routes of check-ins, recovery and outcomes."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from burnout.models import CheckIn, Outcome, RiskEstimate
from tests.access.rows import OWNER_AND_COACH, OWNER_ONLY, SIGNED_IN, Row, expect

TRAINS = expect(200, staff=403, administrator=403)
OWNER_MOVES = expect(404, owner=302, staff=403, administrator=403)
OWNER_CHANGES = expect(404, owner=200, coach=403)


def extend(world: Any) -> None:
    today = timezone.now().date()
    world.checkin = CheckIn.objects.create(athlete=world.athlete, day=today - timedelta(days=1), mood=5, stress=3)
    world.binned_checkin = CheckIn.all_with_deleted.create(
        athlete=world.athlete, day=today - timedelta(days=3), mood=2, deleted_at=timezone.now()
    )
    world.outcome = Outcome.objects.create(athlete=world.athlete, kind="illness", began_on=today - timedelta(days=9))
    world.estimate = RiskEstimate.objects.create(
        athlete=world.athlete, day=today - timedelta(days=1), horizon_days=90, risk=0.1, low=0.05, high=0.2, usual=0.1,
        curve=[[0, 1, 1, 1], [90, 0.9, 0.8, 0.95]], n_days=20, n_known=19, model="world v1", is_generated=True,
    )


def _of(name: str) -> Any:
    return lambda world: {"pk": getattr(world, name).pk}


def _today(world: Any) -> dict[str, Any]:
    return {"day": f"{timezone.now().date():%Y-%m-%d}", "mood": 5}


def _ill(world: Any) -> dict[str, Any]:
    return {"kind": "illness", "began_on": f"{timezone.now().date():%Y-%m-%d}", "judged_by": "self"}


def _upload(world: Any) -> dict[str, Any]:
    return {"upload": "00000000-0000-4000-8000-000000000000"}


ROWS = [
    Row("burnout:recovery", TRAINS),
    Row("burnout:athlete", OWNER_AND_COACH, kwargs=_of("athlete")),
    Row("burnout:team", expect(404, coach=200), kwargs=_of("team")),
    Row("burnout:teams", expect(403, coach=302, other_coach=302)),
    Row("burnout:check_in", TRAINS),
    Row("burnout:check_in", expect(302, staff=403, administrator=403), method="POST", data=_today),
    Row("burnout:checkin_delete", OWNER_MOVES, method="POST", kwargs=_of("checkin")),
    Row("burnout:outcome_new", TRAINS),
    Row("burnout:outcome_new", expect(302, staff=403, administrator=403), method="POST", data=_ill),
    Row("burnout:outcome_delete", OWNER_MOVES, method="POST", kwargs=_of("outcome")),
    Row(
        "burnout:estimate_word", OWNER_MOVES, method="POST", kwargs=_of("estimate"), data=lambda w: {"word": "too_low"}
    ),
    Row("burnout:import", TRAINS),
    Row("burnout:import", TRAINS, method="POST"),
    Row("burnout:import_sample", TRAINS),
    Row("burnout_api:checkin-list", SIGNED_IN),
    Row("burnout_api:checkin-list", expect(201, staff=403, administrator=403), method="POST", data=_today),
    Row("burnout_api:checkin-detail", OWNER_AND_COACH, kwargs=_of("checkin")),
    Row(
        "burnout_api:checkin-detail", OWNER_CHANGES, kwargs=_of("checkin"), method="PATCH", data=lambda w: {"mood": 4}
    ),
    Row("burnout_api:checkin-detail", expect(404, owner=204, coach=403), kwargs=_of("checkin"), method="DELETE"),
    Row("burnout_api:checkin-detail", expect(404), kwargs=_of("binned_checkin"), note="in the bin"),
    Row("burnout_api:checkin-restore", OWNER_ONLY, kwargs=_of("binned_checkin"), method="POST"),
    Row(
        "accounts:deleted_restore", expect(404, owner=302), method="POST", note="check-in",
        kwargs=lambda w: {"kind": "check-in", "pk": str(w.binned_checkin.pk)},
    ),
    Row(
        "burnout_api:checkin-import", expect(404, staff=403, administrator=403), method="POST", data=_upload,
        note="an upload that is nobody's",
    ),
    Row("burnout_api:outcome-list", SIGNED_IN),
    Row("burnout_api:outcome-list", expect(201, staff=403, administrator=403), method="POST", data=_ill),
    Row("burnout_api:outcome-detail", OWNER_AND_COACH, kwargs=_of("outcome")),
    Row(
        "burnout_api:outcome-detail", OWNER_CHANGES, kwargs=_of("outcome"), method="PATCH",
        data=lambda w: {"note": "better"},
    ),
    Row("burnout_api:outcome-detail", expect(404, owner=204, coach=403), kwargs=_of("outcome"), method="DELETE"),
    Row("burnout_api:risk_estimate-list", SIGNED_IN),
    Row("burnout_api:risk_estimate-detail", OWNER_AND_COACH, kwargs=_of("estimate")),
    Row(
        "burnout_api:risk_estimate-feedback", expect(404, owner=409, coach=403), kwargs=_of("estimate"), method="POST",
        data=lambda w: {"correction": "too_low"},
    ),
]

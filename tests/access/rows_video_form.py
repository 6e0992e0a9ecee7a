"""Routes of form reports and of the mirror."""

import json
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from sessions.form.services.sharing import share_create
from sessions.models import FormReport
from tests.access.rows import OPEN, OWNER_AND_COACH, SIGNED_IN, Row, expect

OWN_MOVE = expect(404, owner=302)
BOTH_MOVE = expect(404, owner=302, coach=302)
REPETITION = {
    "number": 1, "start_s": 0.5, "peak_s": 1.0, "end_s": 2.0, "down_s": 0.5, "pause_s": 0.2, "up_s": 0.6, "side": "",
    "view": "side", "ranges": {}, "depth": None, "symmetry": None, "score": 80.0, "confidence": 0.9, "reason": None,
    "cue": "", "checks": [], "unjudged": [], "faults": [],
}  # fmt: skip
FACTS = {
    "version": 1, "exercise": {"key": "squat", "title": "Squat", "kind": "repetitions", "is_given": False},
    "view": "side", "rate_hz": 15.0, "confidence": 0.9, "reason": None, "repetitions": [REPETITION], "risks": [],
    "phases": [], "notes": [], "aspect": 1.3, "duration_s": 4.0,
}  # fmt: skip


def extend(world: Any) -> None:
    """A report of the athlete's clip, and a link to it with the clip."""
    row = FormReport.objects.create(
        owner=world.users["owner"], athlete=world.athlete, video=world.video, features=world.features,
        exercise="squat", n_repetitions=1, score=80.0, is_judged=True, facts=FACTS, filmed_at=timezone.now(),
        made_at=timezone.now(), version="1",
    )  # fmt: skip
    world.form_report = row
    path = Path(settings.MEDIA_ROOT) / row.file("series.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"times_s": [0.0, 0.1], "angles": {"knee_left": [10.0, None]}}))
    _share, world.form_secret = share_create(report=row, days=1, with_video=True, by=world.users["owner"])


def _of(**more: Any) -> Any:
    return lambda world: {"pk": world.form_report.pk, **more}


def _secret(world: Any) -> dict[str, Any]:
    return {"secret": world.form_secret}


def _set(world: Any) -> dict[str, str]:
    return {
        "id": str(uuid.uuid4()), "workout": str(uuid.uuid4()), "exercise": "squat", "aspect": "1",
        "started_at": timezone.now().isoformat(),
    }  # fmt: skip


REPORT = _of()
ROWS = [
    Row("workouts:mirror", SIGNED_IN),
    Row("workouts:form_reports", SIGNED_IN),
    Row("workouts:form_report", OWNER_AND_COACH, kwargs=REPORT),
    Row("workouts:form_judge", OWN_MOVE, kwargs=lambda w: {"pk": w.video.pk}, method="POST"),
    Row("workouts:form_delete", OWN_MOVE, kwargs=REPORT, method="POST"),
    Row("workouts:form_annotate", OWN_MOVE, kwargs=REPORT, method="POST"),
    Row("workouts:form_person", OWN_MOVE, kwargs=REPORT, method="POST", data=lambda w: {"subject": 0}),
    Row("workouts:form_correct", BOTH_MOVE, kwargs=REPORT, method="POST", data=lambda w: {"number": 1, "score": 5}),
    Row("workouts:form_share", expect(404, owner=200), kwargs=REPORT, method="POST", data=lambda w: {"days": 1}),
    Row("workouts:form_file", OWNER_AND_COACH, kwargs=_of(name="angles.csv")),
    Row("workouts:form_shared", OPEN, kwargs=_secret),
    Row("workouts:form_shared_series", OPEN, kwargs=_secret),
    Row("workouts:form_shared_video", OPEN, kwargs=_secret),
    Row("workouts_api:form_report-list", SIGNED_IN),
    Row("workouts_api:form_report-list", expect(404, owner=202), method="POST", note="of a clip",
        data=lambda w: {"video": str(w.video.pk)}),
    Row("workouts_api:form_report-detail", OWNER_AND_COACH, kwargs=REPORT),
    Row("workouts_api:form_report-detail", expect(404, owner=204, coach=403), kwargs=REPORT, method="DELETE"),
    Row("workouts_api:form_exercises", SIGNED_IN),
    Row("workouts_api:form_mirror", expect(422, staff=403, administrator=403), method="POST", query=_set,
        content_type="application/octet-stream", data=lambda w: b"", note="no landmarks sent"),
    Row("workouts_api:form_series", OWNER_AND_COACH, kwargs=REPORT),
    Row("workouts_api:form_poses", OWNER_AND_COACH, kwargs=REPORT),
    Row("workouts_api:form_corrections", OWNER_AND_COACH, kwargs=REPORT),
    Row("workouts_api:form_correction", OWNER_AND_COACH, kwargs=_of(number=1), method="PUT",
        data=lambda w: {"score": 50}),
    Row("workouts_api:form_correction", expect(404, owner=204, coach=204), kwargs=_of(number=1), method="DELETE"),
]  # fmt: skip

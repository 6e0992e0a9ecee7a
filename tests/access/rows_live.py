"""Routes of live streams, teams and boards."""

from typing import Any

from tests.access.rows import LOGIN, OWNER_AND_COACH, SIGNED_IN, Row, SocketRow, expect

TRAINS = expect(200, staff=403, administrator=403)
"""Pages for people with workouts of their own: athletes and coaches."""


def _session(world: Any) -> dict[str, Any]:
    return {"pk": world.session.pk}


def _stream(world: Any) -> dict[str, Any]:
    return {"pk": world.stream.pk}


TAKES = {"takes": [{"start_s": 0, "end_s": 2, "label": "squat"}]}

ROWS = [
    Row("workouts:live", TRAINS),
    Row("workouts:guided", TRAINS),
    Row("workouts:minutes", expect(403, staff=200)),
    Row("workouts:live_watch", OWNER_AND_COACH, kwargs=_session),
    Row("workouts:teams", expect(403, coach=200, other_coach=200, anonymous=LOGIN)),
    Row("workouts:team", expect(404, coach=200), kwargs=lambda w: {"pk": w.team.pk}),
    Row("workouts:athlete", OWNER_AND_COACH, kwargs=lambda w: {"pk": w.athlete.pk}),
    Row("workouts_api:live_sessions", expect(201, staff=403, administrator=403), method="POST"),
    Row("workouts_api:live_sample", SIGNED_IN),
    Row("workouts_api:live_takes", expect(404, owner=200), kwargs=_stream),
    Row("workouts_api:live_takes", expect(404, owner=200), kwargs=_stream, method="PUT", data=lambda w: TAKES),
    Row("workouts_api:minutes", SIGNED_IN),
]

SOCKETS = [
    SocketRow(
        "ws/live/<uuid:session>/",
        path=lambda w: f"/ws/live/{w.session.pk}/",
        expect=expect(4404, anonymous=4404, owner="open"),
    ),
    SocketRow(
        "ws/replay/<uuid:session>/",
        path=lambda w: f"/ws/replay/{w.session.pk}/",
        expect=expect(4404, anonymous=4404, owner="open"),
    ),
    SocketRow(
        "ws/watch/<uuid:session>/",
        path=lambda w: f"/ws/watch/{w.session.pk}/",
        expect=expect(4404, anonymous=4404, owner="open", coach="open"),
    ),
    SocketRow(
        "ws/teams/<uuid:team>/",
        path=lambda w: f"/ws/teams/{w.team.pk}/",
        expect=expect(4404, anonymous=4404, coach="open"),
    ),
]

"""Coaches look on: with consent only, and only as long as it lasts."""

import asyncio
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async

from accounts.models import Athlete, CoachScope, ConsentKind, Membership, Role, Team, TeamRole
from accounts.services.consent import consent_grant, consent_withdraw
from tests.live.tiny import movement
from tests.live.wire import Wire, headers_for, live_test
from tests.people import make_user

TRAINING = {"kind": ConsentKind.COACH, "scope": CoachScope.TRAINING}


@pytest.fixture
def club(stage):
    coach = make_user("coach", role=Role.COACH)
    team = Team.objects.create(name="Club")
    Membership.objects.create(team=team, user=coach, role=TeamRole.COACH)
    Membership.objects.create(team=team, user=stage.user, role=TeamRole.ATHLETE)
    consent_grant(athlete=stage.athlete, team=team, by=stage.user, **TRAINING)
    watch, board = f"/ws/watch/{stage.session.pk}/", f"/ws/teams/{team.pk}/"
    return SimpleNamespace(coach=coach, team=team, watch=watch, board=board)


async def streaming(stage):
    wire = Wire(stage.path, await sync_to_async(headers_for)(stage.user))
    await wire.__aenter__()
    await wire.send("hello", {"layout": "flextail", "rate_hz": 1000})
    await wire.hear("hello")
    return wire


async def stream_on(wire, seconds, *, begin=0):
    t, x = movement(begin + seconds)
    for seq in range(begin * 2, (begin + seconds) * 2):
        await wire.send_samples(seq, t[seq * 25 : seq * 25 + 25], x[seq * 25 : seq * 25 + 25])
        await wire.hear("ack")
        await asyncio.sleep(0.03)


@live_test
async def test_a_coach_with_consent_sees_answers_samples_and_corrections(stage, club):
    runner = await streaming(stage)
    async with Wire(club.watch, await sync_to_async(headers_for)(club.coach)) as coach:
        going = asyncio.ensure_future(stream_on(runner, 20))
        hello = await coach.hear("hello")
        assert hello["model"]["version"] == 1
        assert [c["name"] for c in hello["channels"]][0] == "lumbarAngle"
        answer = await coach.hear("classification_result")
        assert answer in runner.all_of("classification_result")
        samples = coach.all_of("samples")[0]
        assert len(samples["t"]) == len(samples["values"])
        assert len(samples["values"][0]) == 5
        await coach.send("samples", {"seq": 0, "t": [0], "values": [[0, 0, 0, 0, 0]]})  # read-only: nothing happens
        await going
        window = {"start_s": answer["start_s"], "end_s": answer["end_s"]}
        await runner.send("correction", {**window, "label": "row"})
        assert (await coach.hear("corrected"))["label"] == "row"
        await runner.__aexit__()
        await coach.hear("over")


@live_test
async def test_without_consent_there_is_nothing_to_watch(stage, club):
    await sync_to_async(consent_withdraw)(athlete=stage.athlete, team=club.team, by=stage.user, **TRAINING)
    async with Wire(club.watch, await sync_to_async(headers_for)(club.coach)) as coach:
        assert await coach.hear_close() == 4404


@live_test
async def test_a_withdrawn_consent_cuts_the_watcher(stage, club):
    runner = await streaming(stage)
    async with Wire(club.watch, await sync_to_async(headers_for)(club.coach)) as coach:
        await stream_on(runner, 4)
        await sync_to_async(consent_withdraw)(athlete=stage.athlete, team=club.team, by=stage.user, **TRAINING)
        assert await coach.hear_close() == 4403
    await runner.__aexit__()


@live_test
async def test_the_board_shows_only_athletes_who_share(stage, club):
    silent = await sync_to_async(make_user)("silent")
    await Membership.objects.acreate(team=club.team, user=silent, role=TeamRole.ATHLETE)
    await Athlete.objects.acreate(user=silent)
    runner = await streaming(stage)
    async with Wire(club.board, await sync_to_async(headers_for)(club.coach)) as board:
        going = asyncio.ensure_future(stream_on(runner, 8))
        update = (await board.hear("board"))["updates"][0]
        assert update["athlete"] == stage.athlete.pk
        assert update["live"] is True
        assert update["session"] == str(stage.session.pk)
        while update["exercise"] is None:
            update = (await board.hear("board"))["updates"][0]
        await going
        await runner.__aexit__()
        while update["live"]:
            update = (await board.hear("board"))["updates"][0]


@live_test
async def test_another_coach_sees_no_board(stage, club):
    stranger = await sync_to_async(make_user)("stranger", role=Role.COACH)
    async with Wire(club.board, await sync_to_async(headers_for)(stranger)) as board:
        assert await board.hear_close() == 4404


@live_test
async def test_a_coach_who_leaves_the_team_is_cut(stage, club):
    async with Wire(club.board, await sync_to_async(headers_for)(club.coach)) as board:
        await Membership.objects.filter(user=club.coach).aupdate(ended_at="2026-01-01T00:00:00Z")
        assert await board.hear_close() == 4403

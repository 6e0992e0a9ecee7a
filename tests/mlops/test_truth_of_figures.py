"""What a figure rests on: how many judged it, how sure it is, the champion on the same examples, who took data back."""

import io
from contextlib import contextmanager

import numpy as np
import pytest
from django.core.management import call_command

from mlops.kinds.judging import JudgingRules
from mlops.kinds.metric import Metric
from mlops.kinds.splitting import plan_split
from mlops.models import ModelVersion, PromotionEvent
from mlops.registry.floor import floor_of
from mlops.registry.gate_words import gap_text, measured_text, version_gates
from mlops.registry.pairing import paired
from mlops.registry.services.promotion import version_promote
from mlops.registry.services.redaction import subject_redact
from mlops.tasks.services.gates import AGAIN, EXAMPLES, GROUPS
from mlops.training.services.spread import gap_of
from web.refusals import Problem

TOO_FEW = "Evaluated on 1 person, at least 3"
GAP = {
    "validation": {"value": 0.5, "low": 0.44, "high": 0.56, "n_groups": 1, "n_examples": 240},
    "test": {"value": 0.945, "low": 0.91, "high": 0.97, "n_groups": 1, "n_examples": 180},
}


@contextmanager
def refused(code: str, status: int = 409):
    with pytest.raises(Problem) as caught:
        yield caught
    assert (caught.value.code, caught.value.status) == (code, status)


@pytest.fixture
def strict(kind, monkeypatch):
    """The tiny kind by the rules of every kind that sets none."""
    monkeypatch.setattr(type(kind), "judging", JudgingRules())
    return kind


@pytest.mark.parametrize("n", [5, 12, 40])
def test_who_joins_or_leaves_moves_nobody_else(n):
    for seed in range(8):
        names = [f"p{i}" for i in range(n)]
        parts = plan_split(names, seed=seed).parts
        for gone in names:
            alone = list(parts.values()).count(parts[gone]) == 1
            left = plan_split([name for name in names if name != gone], seed=seed).parts
            assert alone or all(left[name] == parts[name] for name in left)


@pytest.mark.django_db
def test_a_version_judged_on_one_person_misses_its_gates(strict, train, staff, api, browse):
    version = train()
    assert version.gates["accuracy"]["passed"], "the figure itself is good"
    assert version.all_gates[GROUPS] == {"least": 3, "value": 1, "passed": False}
    assert version.all_gates[EXAMPLES]["passed"]
    assert not version.gates_passed
    with refused("gates_missed") as caught:
        version_promote(version=version, by=staff)
    assert TOO_FEW in caught.value.detail
    version_promote(version=version, by=staff, override=True, reason="First one")
    event = PromotionEvent.objects.get()
    assert (event.by, event.overrode_gates, event.reason) == (staff, True, "First one")
    text = browse(staff).get(f"/ml/versions/{version.pk}/").content.decode()
    assert TOO_FEW in text
    told = api(staff).get(f"/api/v1/versions/{version.pk}/").json()
    assert (told["gates_passed"], told["gates"][GROUPS]["passed"]) == (False, False)


@pytest.mark.django_db
def test_versions_from_before_the_rule_are_held_to_it(strict, train):
    version = train()
    stored = ModelVersion.objects.get(pk=version.pk)
    assert set(stored.gates) == {"accuracy"}, "what judged is counted when it is asked"
    stored.metrics = {**stored.metrics, "measured_on": {**stored.metrics["measured_on"], "n_examples": 2}}
    assert not stored.all_gates[EXAMPLES]["passed"]


@pytest.mark.django_db
def test_everybody_in_turn_is_enough_people_and_gives_an_interval(strict, train, build, staff):
    version = train(build(split="each"))
    gate = version.gates["accuracy"]
    assert gate["low"] <= gate["value"] <= gate["high"]
    assert version.gates_passed
    assert any(" to " in row["text"] and "at least 80.0 %" in row["text"] for row in version_gates(version))
    version_promote(version=version, by=staff)


@pytest.mark.django_db
def test_promotion_does_not_replace_a_good_champion_by_a_poor_one(train, build, staff, api, browse):
    dataset = build()
    good = train(dataset)
    version_promote(version=good, by=staff)
    poor = train(dataset, epochs=1, rate=0.0)
    ModelVersion.objects.filter(pk=poor.pk).update(gates={})
    poor.refresh_from_db()
    assert poor.metrics["against"]["version"] == str(good.pk), "measured beside the champion when it was trained"
    assert poor.metrics["against"]["gain"] < -0.2
    with refused("worse_than_champion") as caught:
        version_promote(version=poor, by=staff)
    assert "on the same" in caught.value.detail
    answer = api(staff).post("/api/v1/promotions/", {"version": str(poor.pk)}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "worse_than_champion")
    text = browse(staff).get(f"/ml/versions/{poor.pk}/").content.decode()
    assert "compared with the champion, version 1, on the same" in text
    assert 'name="override"' in text
    with refused("reason_required", 400):
        version_promote(version=poor, by=staff, override=True)
    event = version_promote(version=poor, by=staff, override=True, reason="For a demonstration")
    assert event.overrode_gates
    assert event.by == staff
    again = train(dataset)
    assert floor_of(again, poor).passed, "better than what reigns now"
    assert floor_of(good, poor).passed, "by what was kept of both judgements"


@pytest.mark.django_db
def test_a_champion_that_cannot_be_measured_beside_it_is_said_and_confirmed(train, build, kind, staff):
    version_promote(version=train(build(split="each")), by=staff)
    other = train(build(split="each", seed=1))
    floor = floor_of(other, ModelVersion.objects.get(number=1))
    assert floor.passed is None or floor.passed, "the same data: what was kept of both counts"
    kind.subjects = ("pa", "pb", "pc", "pd", "pe")
    third = train(build(split="each"))
    ModelVersion.objects.filter(pk=third.pk).update(metrics={**third.metrics, "against": {}})
    third.refresh_from_db()
    with refused("not_compared") as caught:
        version_promote(version=third, by=staff)
    assert "on the same examples" in caught.value.detail
    event = version_promote(version=third, by=staff, override=True, reason="It knows one person more")
    assert not event.overrode_gates, "no gate was missed"


@pytest.mark.django_db
def test_who_learned_from_everything_is_no_judge(train, build, kind, staff):
    version_promote(version=train(build(split="each")), by=staff)
    kind.subjects = ("pa", "pb", "pc")
    second = train(build())
    assert second.metrics["against"]["why"] == "The champion was trained on all of the test set"


@pytest.mark.django_db
def test_a_champion_that_breaks_does_not_end_a_training(train, build, staff, monkeypatch):
    dataset = build()
    version_promote(version=train(dataset), by=staff)
    monkeypatch.setattr("mlops.training.services.comparing.outputs_of", lambda *_: 1 / 0)
    second = train(dataset)
    assert "ZeroDivisionError" in second.metrics["against"]["why"]


@pytest.mark.django_db
def test_taking_data_back_changes_what_judged_and_so_it_is_to_be_judged_again(train, build, kind, staff, browse):
    kind.subjects = tuple(f"p{i:02}" for i in range(14))
    version = train(build())
    assert version.gates_passed
    judges = version.metrics["measured_on"]["subjects"]
    subject_redact(judges[0])
    version.refresh_from_db()
    assert version.all_gates[AGAIN] == {"most": 0, "value": 1, "passed": False}
    assert not version.gates_passed
    with refused("gates_missed") as caught:
        version_promote(version=version, by=staff)
    assert "Evaluate again" in caught.value.detail
    assert "Evaluate the version again" in browse(staff).get(f"/ml/versions/{version.pk}/").content.decode()


@pytest.mark.django_db
def test_who_only_taught_does_not_change_what_judged(train, build, kind):
    kind.subjects = tuple(f"p{i:02}" for i in range(14))
    version = train(build())
    (taught, *_) = version.run.dataset.subjects.filter(part="train").values_list("subject", flat=True)
    subject_redact(taught)
    version.refresh_from_db()
    assert AGAIN not in version.all_gates


SHARE, NUMBER = Metric("accuracy", "Accuracy"), Metric("mae", "Error", False, "number", 1, "min")


@pytest.mark.parametrize(
    ("test", "is_told"),
    [
        ({"value": 0.945, "low": 0.91, "high": 0.97}, True),
        ({"value": 0.55, "low": 0.45, "high": 0.65}, False),
        ({"value": 0.515, "low": 0.5149, "high": 0.5151}, False),
        ({"value": 0.1, "low": 0.05, "high": 0.15}, True),
    ],
)
def test_a_gap_is_told_where_the_intervals_leave_no_room_for_chance(test, is_told):
    narrow = {**GAP["validation"], "low": 0.499, "high": 0.501}
    found = gap_of(SHARE, JudgingRules(), narrow if abs(test["value"] - 0.5) < 0.02 else GAP["validation"], test)
    assert found["is_told"] is is_told
    assert gap_of(SHARE, JudgingRules(), None, test) == {}


def test_a_tolerance_is_points_of_a_share_and_a_part_of_any_other_number():
    assert SHARE.allowance(0.02, 0.5) == 0.02
    assert NUMBER.allowance(0.02, 30.0) == pytest.approx(0.6)


@pytest.mark.django_db
def test_a_gap_is_said_on_every_page_by_the_api_and_the_command(task, train, build, staff, api, browse, monkeypatch):
    sides = iter([GAP["validation"], GAP["test"]])
    monkeypatch.setattr("mlops.training.services.training.spread_of", lambda *_: next(sides))
    dataset = build()
    version = train(dataset)
    said = gap_text(version.metrics, task)
    assert "50.0 % on validation (44.0 to 56.0 %; 240 windows of 1 person)" in said
    assert "+44.5 points" in said
    page = browse(staff)
    for url in (f"/ml/versions/{version.pk}/", f"/ml/runs/{version.run_id}/"):
        assert "Validation and test disagree" in page.get(url).content.decode(), url
    for url in (f"/api/v1/versions/{version.pk}/", f"/api/v1/runs/{version.run_id}/"):
        assert api(staff).get(url).json()["warnings"] == [said], url
    sides = iter([GAP["validation"], GAP["test"]])
    out = io.StringIO()
    call_command("train", task=task.name, estimator="tiny_linear", here=True, stdout=out)
    assert f"WARNING: {said}" in out.getvalue()


@pytest.mark.django_db
def test_a_run_page_shows_held_out_figures_before_training_ones(train, staff, browse):
    version = train()
    text = browse(staff).get(f"/ml/runs/{version.run_id}/").content.decode()
    assert text.index('id="judged"') < text.index('id="curve"')
    assert version.metrics["measured_on"]["text"] in text


@pytest.mark.django_db
def test_figures_without_parts_are_paired_draw_by_draw(train, build, staff):
    dataset = build()
    versions = [train(dataset), train(dataset, rate=0.3)]
    rng = np.random.default_rng(0)
    for version, mean in zip(versions, (0.7, 0.8), strict=True):
        version.judged.all().delete()
        version.score = mean
        version.metrics = {**version.metrics, "draws": (mean + rng.normal(0, 0.01, 200)).tolist()}
    pair = paired(versions[1], versions[0])
    assert (pair.by_draws, pair.reason) == (True, "")
    assert 0.05 < pair.low < pair.difference < pair.high < 0.15


@pytest.mark.django_db
def test_an_old_version_speaks_the_words_of_its_kind(train, task, kind, monkeypatch):
    version = train()
    version.metrics["measured_on"]["text"] = "1,204 windows of people the model has never seen"
    monkeypatch.setattr(type(kind), "judged", "samples")
    assert measured_text(version) == "1,204 samples of people the model has never seen"

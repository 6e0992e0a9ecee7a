"""What is shown before a version takes the place of another: the same examples, or plainly that they are not."""

import pytest

from mlops.models import ModelAlias, ModelVersion
from mlops.registry.difference import challenge_difference_of, difference_of
from mlops.registry.services.promotion import current_champion, version_challenge, version_promote

pytestmark = pytest.mark.django_db
SERVES = "pages are answered by it"


@pytest.fixture
def two(train, build, staff):
    """A champion, and a poor version judged on the same held-out examples."""
    dataset = build()
    good = train(dataset)
    version_promote(version=good, by=staff)
    return good, train(dataset, epochs=1, rate=0.0)


def challenger_of(task):
    return ModelAlias.objects.select_related("version").filter(task=task, name="challenger").first()


def test_every_metric_on_the_same_examples_with_their_number(two):
    good, poor = two
    found = difference_of(poor, good, serves_as=SERVES)
    measured = poor.metrics["measured_on"]
    assert found.is_same
    assert f"evaluated on the same {measured['n_examples']:,} " in found.on
    assert f"of {len(measured['subjects'])} p" in found.on
    rows = {row.title: row for row in found.rows}
    metric = poor.metric
    row = rows[metric.title]
    assert (row.now, row.then) == (good.score_text, poor.score_text)
    assert row.gap == metric.difference_text(poor.score - good.score)
    assert len(rows) == sum(metric.name in poor.metrics for metric in poor.task.metrics)
    assert found.changes[0] == f"Within seconds, version 2 serves all athletes instead of version 1: {SERVES}."
    assert "roll back to version 1" in found.changes[-1]


def test_figures_of_other_examples_are_not_subtracted(two):
    good, poor = two
    measured = {**poor.metrics["measured_on"], "dataset": "another"}
    poor.metrics = {**poor.metrics, "measured_on": measured, "against": {}}
    found = difference_of(poor, good, serves_as=SERVES)
    assert not found.is_same
    assert found.on.startswith("These figures can't be compared.")
    assert {row.gap for row in found.rows} == {""}


def test_what_was_measured_beside_the_champion_counts_where_the_datasets_differ(two):
    good, poor = two
    against = poor.metrics["against"]
    poor.metrics = {**poor.metrics, "measured_on": {**poor.metrics["measured_on"], "dataset": "another"}}
    found = difference_of(poor, good, serves_as=SERVES)
    (row,) = found.rows
    assert found.is_same
    assert f"{against['n_examples']:,}" in found.on
    assert row.now == poor.metric.text(against["champion"])
    assert row.gap == poor.metric.difference_text(against["gain"])


def test_the_first_champion_replaces_nobody(train):
    found = difference_of(train(), None, serves_as=SERVES)
    assert (found.replaced, found.is_same) == (None, False)
    assert found.changes == [f"Version 1 serves all athletes: {SERVES}. No version served them before."]


def test_a_challenge_is_told(two, train, staff):
    good, poor = two
    version_challenge(version=poor, by=staff, share=0.2, override=True, reason="To see")
    third = train(poor.run.dataset)
    alias = challenger_of(good.task)
    assert "Its challenge ends." in difference_of(poor, good, serves_as=SERVES, challenger=alias).changes
    others = difference_of(third, good, serves_as=SERVES, challenger=alias).changes
    assert "Version 2 still serves 20 % of athletes as challenger." in others
    instead = challenge_difference_of(third, alias, good)
    assert instead.replaced == poor
    assert "Version 2 no longer serves anyone." in instead.changes[0]


def test_the_page_asks_with_the_difference_and_names_both_ways(two, staff, browse):
    good, poor = two
    text = browse(staff).get(f"/ml/versions/{poor.pk}/").content.decode()
    form = text[text.index('data-confirm="Make version 2 champion?"'):]
    assert 'data-confirm-button="Make champion" data-confirm-keep="Keep version 1"' in form[:300]
    template = text[text.index('<template id="promote-difference">'):text.index("</template>")]
    for words in ("Current champion, version 1", "Difference", "What changes for athletes", "on the same"):
        assert words in template
    assert 'data-why="Give a reason: something speaks against this version."' in text


def test_going_back_is_decided_on_the_champion_that_was_shown(two, train, staff, browse):
    good, poor = two
    version_promote(version=poor, by=staff, override=True, reason="To go back from")
    page = browse(staff).get(f"/ml/tasks/{good.task.name}/").content.decode()
    assert '<template id="rollback-difference">' in page
    assert "version 1 again serves all athletes instead of version 2" in page
    assert f'name="expected" value="{poor.pk}"' in page
    third = train(poor.run.dataset)
    version_promote(version=third, by=staff, override=True, reason="Somebody was faster")
    address = f"/ml/tasks/{good.task.name}/rollback/"
    answer = browse(staff).post(address, {"expected": str(poor.pk)}, follow=True)
    assert "Someone else has just changed the champion" in answer.content.decode()
    assert current_champion(good.task) == third.pk
    browse(staff).post(address, {"expected": str(third.pk)})
    assert current_champion(good.task) == poor.pk
    assert ModelVersion.objects.count() == 3

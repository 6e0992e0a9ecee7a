"""Opening a stream asks the database little, and everything in one trip."""

import pytest

from sessions.live.consumers.hello import Hello, hello_open
from sessions.live.selectors.streams import live_task_for
from sessions.live.services.streams import stream_finish
from tests.live.test_store import put
from tests.live.tiny import make_task, make_version, promote

pytestmark = pytest.mark.django_db


def test_a_new_stream_takes_six_statements(stage, django_assert_num_queries):
    # open streams, layout, task with its labels, what the account keeps, the stream itself, the baseline
    with django_assert_num_queries(6):
        opening = hello_open(user=stage.user, session=stage.session, hello=Hello(is_declared=True))
    assert opening.answer["task"]["name"] == "exercise"
    assert [one["name"] for one in opening.answer["labels"]] == ["squat", "row", "other"]
    assert (opening.segment_s, opening.baseline, opening.answer["last_seq"]) == (None, None, None)


def test_a_resumed_stream_comes_with_what_it_needs_to_go_on(stage):
    opened = hello_open(user=stage.user, session=stage.session, hello=Hello()).opened
    put(opened.stream)
    again = hello_open(user=stage.user, session=stage.session, hello=Hello(stream=str(opened.stream.pk)))
    assert (again.opened.stream, again.answer["last_seq"], again.segment_s) == (opened.stream, 3, 0.0)
    stream_finish(stream=opened.stream)
    following = hello_open(user=stage.user, session=stage.session, hello=Hello(stream=str(opened.stream.pk)))
    assert following.answer["continues"] == str(opened.stream.pk)


def test_the_task_that_answers_is_the_one_with_a_champion(stage):
    first = stage.task
    second = make_task("other-exercise")
    assert live_task_for(layout_key="flextail") == first
    first.aliases.all().delete()
    assert live_task_for(layout_key="flextail") == first
    promote(make_version(second))
    assert live_task_for(layout_key="flextail") == second
    assert live_task_for(layout_key="flextail", name="exercise") == first
    assert live_task_for(layout_key="nothing") is None

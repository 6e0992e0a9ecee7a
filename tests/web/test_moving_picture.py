"""The film on the first page: small, still for who wants it still, and told in words."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.e2e.moving_picture import MAX_BYTES

pytestmark = pytest.mark.django_db


def test_the_first_page_shows_a_film_that_starts_as_a_picture(client):
    text = client.get("/").content.decode()
    video = re.search(r"<video [^>]*>", text)[0]
    for wanted in ("muted", "loop", "playsinline", 'preload="none"', 'poster="/static/web/live.webp"'):
        assert wanted in video
    assert "autoplay" not in video, "the script starts it, and only for who has not asked for less motion"
    assert 'aria-describedby="film-words"' in video
    assert 'id="film-words"' in text


def test_film_and_picture_are_small():
    assert Path(finders.find("web/live.webm")).stat().st_size <= MAX_BYTES
    assert Path(finders.find("web/live.webp")).stat().st_size <= MAX_BYTES / 10

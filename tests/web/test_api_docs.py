"""The API reference: a page of the site, not a foreign one."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.django_db


def test_it_stands_in_the_frame_of_the_site(client, browse, athlete_user):
    text = browse(athlete_user).get("/api/docs/").content.decode()
    assert 'class="site-nav"' in text
    assert "web/fitbalance.css" in text
    assert text.index("swagger-ui.css") < text.index("web/css/api_docs.css"), "the site's colours come last"
    assert '<div id="swagger-ui"></div>' in text
    assert "<script>" not in text
    assert "style=" not in text
    assert '<html lang="de">' in client.get("/api/docs/", headers={"accept-language": "de"}).content.decode()


def test_its_colours_are_tokens_of_the_site():
    sheet = Path(finders.find("web/css/api_docs.css")).read_text()
    rules = re.sub(r"/\*.*?\*/", "", sheet, flags=re.S)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(", rules) == []

"""Dates as a language writes them, whatever format a template asks for."""

from datetime import datetime

import pytest
from django.template import Context, Template
from django.utils import translation
from django.utils.formats import date_format

MOMENT = datetime(2026, 11, 3, 14, 5)


@pytest.mark.parametrize(
    ("asked", "english", "german"),
    [
        ("j M Y, H:i", "3 Nov 2026, 14:05", "3. Nov 2026, 14:05"),
        ("l j F", "Tuesday 3 November", "Dienstag, 3. November"),
        ("l, j F Y", "Tuesday, 3 November 2026", "Dienstag, 3. November 2026"),
        ("D j M", "Tue 3 Nov", "Di, 3. Nov"),
        ("Y-m-d", "2026-11-03", "2026-11-03"),
        ("H:i", "14:05", "14:05"),
    ],
)
def test_a_day_before_its_month(asked, english, german):
    template = Template(f'{{{{ at|date:"{asked}" }}}}')
    for language, expected in (("en", english), ("de", german)):
        with translation.override(language):
            assert template.render(Context({"at": MOMENT})) == expected
            assert date_format(MOMENT, asked) == expected


def test_the_named_formats_stay():
    with translation.override("de"):
        assert date_format(MOMENT, "DATE_FORMAT") == "3. November 2026"

"""Reading a text as a file of days."""

from __future__ import annotations

import json
from datetime import date

import pytest

from mlops.ml.survival.checkins.readers import DaysRead, read_days

TODAY = date(2026, 6, 1)


@pytest.fixture
def read(tmp_path):
    """read(text, told) → what was understood; it survives being JSON."""

    def make(text, told=None, today=TODAY, time_zone="UTC", encoding="utf-8"):
        path = tmp_path / "days"
        path.write_bytes(text.encode(encoding))
        found = read_days(path, today=today, time_zone=time_zone, told=told)
        assert DaysRead.from_facts(json.loads(json.dumps(found.facts()))) == found
        return found

    return make

"""After erasing, the bytes of the database file hold nothing of the person either."""

import subprocess
from pathlib import Path

import pytest
from django.db import connection

from accounts.services.erase import erase_account
from sessions.models import WorkoutSession
from tests import people


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL reuses space by its own vacuum")
def test_no_byte_of_a_person_stays_in_the_file() -> None:
    from accounts.services.athletes import athlete_for

    secret = b"Quornbyhausen"
    user = people.make_user("zq", email="zq@quornbyhausen.example", first_name=secret.decode())
    athlete = athlete_for(user)
    for number in range(60):
        WorkoutSession.objects.create(
            athlete=athlete, title=f"{secret.decode()} {number}", started_at="2026-01-01T10:00Z", notes="x" * 3000
        )
    assert secret in stored_bytes()
    erase_account(user=user, by=user)
    assert secret not in stored_bytes()
    assert b"quornbyhausen" not in stored_bytes()


def stored_bytes() -> bytes:
    """Read by another process: closing the file in this one would drop SQLite's locks on it."""
    path = Path(str(connection.settings_dict["NAME"]))
    return subprocess.run(["cat", *path.parent.glob(f"{path.name}*")], capture_output=True, check=True).stdout

"""The coach's recovery board with a large team: queries, seconds and bytes of the page as it is really asked for.

    python -m benchmarks.burnout_board [--athletes 200] [--days 730] [--folder DIR] [--json FILE]

Fills a site of its own (SQLite in a temporary folder, or `--folder` to look at it afterwards) with generated people who
share their recovery: a check-in each day and an estimate for each of the last 180. Then the page is asked for through
Django's test client, three times, and once for a tenth of the team: the number of queries must be the same.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--athletes", type=int, default=200)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="burnout-board-") as scratch:
        os.environ |= {"FITBALANCE_VAR": str(options.folder or scratch), "FITBALANCE_ENV": "development"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "fitbalance.settings"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        small = make_team("Small team", options.athletes // 10, options.days)
        large = make_team("Large team", options.athletes, options.days)
        result = {
            "athletes": options.athletes, "days": options.days, "checkins": options.athletes * options.days,
            "small": asked(*small), "large": asked(*large),
            "machine": platform.processor() or platform.machine(),
        }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    if result["small"]["queries"] != result["large"]["queries"]:
        raise SystemExit("the number of queries grows with the team")


def make_team(name: str, n: int, n_days: int) -> tuple[Any, Any]:
    """A team with its coach, made in bulk; returns (coach, team). The coach's password is "fitbalance-demo"."""
    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from accounts.models import Athlete, CoachScope, Consent, ConsentKind, Membership, Role, Team, TeamRole, User
    from burnout.models import CheckIn, RiskEstimate

    key = name.split()[0].lower()
    team = Team.objects.create(name=name)
    coach = User.objects.create(
        username=f"{key}-coach", email=f"{key}-coach@example.org", role=Role.COACH,
        password=make_password("fitbalance-demo"),
    )
    users = User.objects.bulk_create([
        User(username=f"{key}-{i:03d}", email=f"{key}-{i:03d}@example.org", first_name=f"Athlete {i:03d}")
        for i in range(n)
    ])
    athletes = Athlete.objects.bulk_create([Athlete(user=user) for user in users])
    Membership.objects.create(team=team, user=coach, role=TeamRole.COACH)
    Membership.objects.bulk_create([Membership(team=team, user=user, role=TeamRole.ATHLETE) for user in users])
    Consent.objects.bulk_create([
        Consent(athlete=one, kind=ConsentKind.COACH, scope=CoachScope.RECOVERY, team=team) for one in athletes
    ])
    rng, today = np.random.default_rng(0), timezone.now().date()
    drivers = [
        {"feature": name, "value": 5.1, "usual": 3.4, "effect": effect}
        for name, effect in (("stress_mean", 0.4), ("sleep_mean", 0.3), ("mood_mean", -0.2))
    ]
    curve = [[day, 1 - day / 900, 0.95 - day / 900, 1 - day / 1800] for day in range(0, 91, 7)]
    for athlete in athletes:
        silent = int(rng.integers(0, 9)) if rng.random() < 0.2 else 0
        CheckIn.objects.bulk_create([
            CheckIn(
                athlete=athlete, day=today - timedelta(days=i), mood=int(rng.integers(1, 8)), workload=300.0,
                stress=int(rng.integers(1, 8)), sleep_hours=7.0, is_demo=True,
            )
            for i in range(silent, n_days) if rng.random() < 0.9
        ])
        risk = float(rng.beta(2, 12))
        RiskEstimate.objects.bulk_create([
            RiskEstimate(
                athlete=athlete, day=today - timedelta(days=i), horizon_days=90, risk=risk, low=risk * 0.7,
                high=min(1.0, risk * 1.4), usual=0.1, curve=curve, drivers=drivers, n_days=26, n_known=19,
                model="burnout-curve v1", is_generated=True, is_demo=True,
            )
            for i in range(silent, 180)
        ])
    return coach, team


def asked(coach: Any, team: Any) -> dict[str, Any]:
    """Queries of the page, the quickest of three answers (by the clock, and of the processor alone), and its size."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="localhost")
    client.force_login(coach)
    address, seconds, spent = f"/teams/{team.pk}/recovery/", [], []
    client.get(address)  # templates are compiled once in a process
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            began, used = time.perf_counter(), time.process_time()
            answer = client.get(address)
            seconds.append(time.perf_counter() - began)
            spent.append(time.process_time() - used)
        assert answer.status_code == 200, answer.status_code
    return {
        "queries": len(queries), "seconds": round(min(seconds), 3), "processor_seconds": round(min(spent), 3),
        "kib": round(len(answer.content) / 1024),
    }


if __name__ == "__main__":
    main()

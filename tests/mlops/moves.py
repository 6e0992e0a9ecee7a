"""Many people moving champion and challenger at once, for the suite and the soak."""

import random
import threading
from collections import Counter
from typing import Any

from django.db import connection

from mlops.models import ModelAlias, PromotionEvent
from mlops.registry.services.promotion import (
    challenger_withdraw,
    current_alias,
    current_champion,
    task_rollback,
    version_challenge,
    version_promote,
)
from web.refusals import Problem

REFUSALS = {
    "done", "champion_moved", "champion_already", "no_previous", "challenger_moved", "no_challenger", "no_champion",
}  # fmt: skip


def in_threads(jobs: list[Any]) -> list[str]:
    """Run all jobs at once; the code of each refusal, or "done"."""
    outcomes, barrier = [], threading.Barrier(len(jobs))

    def work(job: Any) -> None:
        barrier.wait()
        try:
            job()
            outcomes.append("done")
        except Problem as problem:
            outcomes.append(problem.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def hundred_moves(versions: list[Any], staff: Any, task: Any, *, seed: int, n: int = 100) -> tuple[int, Counter[str]]:
    """Promotes, rollbacks, challenges and withdrawals, ten at once; after each ten exactly one champion."""
    version_promote(version=versions[0], by=staff)
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter(["done"])
    for _ in range(n // 10):
        moves: list[Any] = []
        for _ in range(10):
            pick, draw = chance.choice(versions), chance.random()
            if draw < 0.3:
                moves.append(lambda: task_rollback(task=task, by=staff))
            elif draw < 0.6:
                moves.append(lambda v=pick: version_promote(version=v, by=staff))
            elif draw < 0.9:
                moves.append(lambda v=pick: version_challenge(version=v, by=staff, share=0.1))
            else:
                moves.append(lambda: challenger_withdraw(task=task, by=staff))
        outcomes.update(in_threads(moves))
        check_aliases(task)
    return outcomes["done"], outcomes


def check_aliases(task: Any) -> None:
    """Exactly one champion, at most one challenger, and never the same version."""
    assert ModelAlias.objects.filter(task=task, name="champion").count() == 1
    assert ModelAlias.objects.filter(task=task, name="challenger").count() <= 1
    assert current_champion(task) != current_alias(task, "challenger")


def check_history(task: Any, done: int) -> None:
    """Every move left its event; the events of an alias form one chain that ends where it stands."""
    for name in ("champion", "challenger"):
        events = list(PromotionEvent.objects.filter(task=task, alias=name).order_by("at", "pk"))
        assert all(a.to_version_id == b.from_version_id for a, b in zip(events, events[1:], strict=False)), name
        assert (events[-1].to_version_id if events else None) == current_alias(task, name)
    by_people = PromotionEvent.objects.filter(task=task).exclude(action="withdraw", reason="Became champion")
    assert by_people.count() == done

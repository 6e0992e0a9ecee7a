"""Search among 390,000 foods as one types, against a plain scan of names.

    python -m benchmarks.food_search [--json FILE]

A database of its own is filled with the part `usda-foods` (manage.py fetch_parts usda-foods; five minutes). Then every
prefix from two letters on of everyday queries, some of them mistyped, is asked once, as a page asks while somebody
types. The baseline is what such a page would do without an index: names that contain every word, ordered by name
(`LIKE '%word%'`), on the same rows in the same run. Also said: at which place the everyday food stands.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

QUERIES = {
    "egg": "egg", "rice": "rice, white", "chicken breast": "chicken breast", "banku": "banku", "milk": "milk, whole",
    "banana": "banana", "bannana": "banana", "chikcen brest": "chicken breast", "jolof rice": "jollof rice",
    "yogurt": "yoghurt, plain", "bread": "bread, wholemeal", "salmon": "salmon", "oats": "oats",
}  # fmt: skip
"""What is typed → the everyday food that is meant."""
LIMIT_MS, LEAST = 50.0, 2


def timed_ms(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def measure() -> dict[str, Any]:
    """p95 of both in ms, their ratio, and the place of the food that is meant."""
    from accounts.models import User
    from mlops.ml.nutrition.foods.words import words_of
    from nutrition.foods.selectors.search import foods_search
    from nutrition.models import Food

    user = User.objects.create_user("benchmark", "benchmark@example.org", "benchmark-of-foods")

    def plain(text: str) -> list[Food]:
        rows = Food.objects.all()
        for word in words_of(text):
            rows = rows.filter(name__icontains=word)
        return list(rows.order_by("name")[:20])

    typed = [text[:n] for text in QUERIES for n in range(LEAST, len(text) + 1)]
    ours = [timed_ms(lambda text=text: foods_search(user, text)) for text in typed]
    scan = [timed_ms(lambda text=text: plain(text)) for text in typed]
    places = {
        text: next((n for n, food in enumerate(foods_search(user, text), 1) if food.name == meant), None)
        for text, meant in QUERIES.items()
    }
    return {
        "n_foods": Food.objects.count(),
        "n_queries": len(typed),
        "p95_ms": p95(ours),
        "median_ms": statistics.median(ours),
        "scan_p95_ms": p95(scan),
        "times_as_fast": p95(scan) / p95(ours),
        "places": places,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fitbalance-foods-") as folder:
        os.environ |= {"FITBALANCE_VAR": folder, "FITBALANCE_ENV": "development"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fitbalance.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("import_foods", part=True)
        facts = measure()
    print(
        f"{facts['n_foods']:,} foods, {facts['n_queries']} queries: p95 {facts['p95_ms']:.1f} ms "
        f"(at most {LIMIT_MS:.0f} wanted), median {facts['median_ms']:.1f} ms; "
        f"a plain scan {facts['scan_p95_ms']:.0f} ms, {facts['times_as_fast']:.0f} times as long"
    )
    for text, place in facts["places"].items():
        print(f"  {text:16} {'not found' if place is None else f'place {place}'}")
    if options.json:
        machine = f"{platform.processor() or platform.machine()}, {platform.system()}"
        options.json.write_text(json.dumps({"machine": machine, **facts}, indent=1) + "\n")


if __name__ == "__main__":
    main()

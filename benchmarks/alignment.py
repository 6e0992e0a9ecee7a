"""How near an alignment of a video with a sensor comes, and whether it says so where it cannot be told.

python -m benchmarks.alignment [--pairs 100] [--seed 8000] [--json FILE]

Generated pairs of 40 s to 10 min, offsets of up to ± 10 s, clocks that differ by up to 100 ppm, a sensor at a wrist or
the hips; pairs that have nothing to do with each other; a body that swings in even time. Each is aligned around a time
stamp that says zero, and without one. The error is the larger one of both ends of the video. Settings were chosen on
seeds below 8000.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.alignment_pairs import Pair, generated_pair, periodic_pair, unrelated_pair
from mlops.ml.alignment import Alignment, align

NEAR_ENOUGH_S = 0.1


def error_s(pair: Pair, near_s: float | None) -> float | None:
    """Of an alignment at the worse end of the video; None where it said that it cannot tell."""
    found = align(pair.video, pair.sensor, near_s=near_s)
    if not isinstance(found, Alignment):
        return None
    return max(abs(found.at(t) - pair.at(t)) for t in (0.0, pair.seconds))


def measure(n: int, seed: int, near_s: float | None) -> dict[str, Any]:
    """Counts over `n` pairs of each sort, and the median error of those that were told."""
    seeds = range(seed, seed + n)
    told = {name: [error_s(make(one), near_s) for one in seeds] for name, make in (
        ("wrist", generated_pair), ("hips", lambda one: generated_pair(one, is_wrist=False)),
        ("wrist_twice_the_noise", lambda one: generated_pair(one, difficulty=2.0)),
        ("unrelated", unrelated_pair), ("periodic", periodic_pair),
    )}  # fmt: skip
    answer: dict[str, Any] = {"pairs": n}
    for name, errors in told.items():
        known = [one for one in errors if one is not None]
        answer[name] = {"cannot_tell": n - len(known), "wrong": sum(one > NEAR_ENOUGH_S for one in known)}
        if known and name not in ("unrelated", "periodic"):
            median, p95 = (round(1e3 * float(np.quantile(known, share)), 1) for share in (0.5, 0.95))
            right = sum(one <= NEAR_ENOUGH_S for one in known)
            answer[name] |= {"within_100_ms": right, "median_ms": median, "p95_ms": p95}
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=8000)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found = {"with_time_stamps": measure(args.pairs, args.seed, 0.0), "without": measure(args.pairs, args.seed, None)}
    text = json.dumps(found, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")


if __name__ == "__main__":
    main()

"""Foods of one's own from five photos: how often the right one of several comes first, and what is told at which limit.

    python -m benchmarks.own_foods [--repeats 20] [--json FILE]

../shared/data/food_photos: shop photos of 17 classes. For every class five photos are kept as a person's own food and
up to ten others are asked about, `--repeats` times with other photos. With all 17 classes known the right one must come
first among 17; the baseline is the nearest single photo (1-NN) on the same ones. With one class known alone, the limit
`ALIKE` decides whether anything is told: for photos of that class, and for those of all other classes. Photos of one
product were often taken one after the other, so photos of another day would do worse.

The part is the one that is installed here (manage.py fetch_parts efficientnet-lite0).
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.vision.image_features import AT_ONCE, ImageFeatures
from mlops.ml.vision.nearest_names import ALIKE, nearest_names

DATA = Path(os.environ.get("FITBALANCE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
KEPT, ASKED = 5, 10
LIMITS = (0.55, 0.6, 0.65, 0.7, 0.75, 0.8)


def measure(repeats: int) -> dict[str, Any]:
    """Shares of right answers, and of what is told at each limit."""
    root = DATA / "food_photos" / "train"
    files = sorted(root.rglob("*.jpg"))
    names = np.array(["/".join(file.relative_to(root).parts[:2]) for file in files])
    pieces = [files[start : start + AT_ONCE] for start in range(0, len(files), AT_ONCE)]
    features = np.concatenate([ImageFeatures().features(piece) for piece in pieces])
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    rng = np.random.default_rng(0)
    ours, single, own, others = [], [], [], []
    for _ in range(repeats):
        order = {name: rng.permutation(np.flatnonzero(names == name)) for name in sorted(set(names))}
        kept = np.concatenate([one[:KEPT] for one in order.values()])
        for name, one in order.items():
            for at in one[KEPT : KEPT + ASKED]:
                best = nearest_names(features[at], features[kept], list(names[kept]), alike=-1)[0]
                ours.append(best.name == name)
                single.append(names[kept[np.argmax(unit[kept] @ unit[at])]] == name)
                own.append(_alone(features, at, one))
            strangers = rng.choice(np.flatnonzero(names != name), ASKED, replace=False)
            others += [_alone(features, at, one) for at in strangers]
    told = {f"{limit}": [float(np.mean(np.array(side) >= limit)) for side in (own, others)] for limit in LIMITS}
    return {
        "n_photos": len(files), "n_classes": len(set(names)), "first_of_all": float(np.mean(ours)),
        "nearest_single_photo": float(np.mean(single)), "told_own_and_others": told,
    }  # fmt: skip


def _alone(features: Any, at: int, order: Any) -> float:
    return nearest_names(features[at], features[order[:KEPT]], ["own"] * KEPT, alike=-1)[0].score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    facts = measure(options.repeats)
    print(
        f"{facts['n_photos']} photos, {facts['n_classes']} classes, five photos each: right first "
        f"{facts['first_of_all']:.3f} (nearest single photo {facts['nearest_single_photo']:.3f})"
    )
    for limit, (mine, strangers) in facts["told_own_and_others"].items():
        print(f"  limit {limit}: told of its own {mine:.3f}, of others {strangers:.3f}")
    print(f"  in use: {ALIKE}")
    if options.json:
        options.json.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()

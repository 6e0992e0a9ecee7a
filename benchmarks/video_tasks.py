"""Task models on generated videos: every model and every detector on one split by video, and one clip alone.

    python -m benchmarks.video_tasks [--videos 30] [--seconds 40] [--models rf lightgbm …] [--json FILE]

The people are made up (`mlops.ml.vision.task_generator`), so the figures say that the parts work together, not how well
real tasks are recognised. The interval is drawn from whole videos of the test part, of the clip from its blocks.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlops.ml.vision.task_ablation import compare_detectors, detectors_table
from mlops.ml.vision.task_datasets import TaskDatasetConfig, build_task_dataset
from mlops.ml.vision.task_generator import TASKS, Video, write_video, write_videos
from mlops.ml.vision.task_training import MODELS, TaskModelSettings, train_task_model

FPS = 12.0
REQUIRED_F1 = 0.9
RATIOS = (0.5, 0.15, 0.35)


def clip_alone(folder: Path) -> dict[str, Any]:
    """Each block of one video held out once; every task comes six times in it."""
    bouts = [(task, 6.0) for _ in range(6) for task in TASKS]
    path = write_video(folder / "clip.parquet", Video("clip", 0, 6.0 * len(bouts), FPS, bouts))
    build_task_dataset([path], folder / "clip")
    found: dict[str, Any] = train_task_model(folder / "clip", folder / "clip_model")[1]["cross_validation"]
    return found


def words(found: dict[str, Any]) -> str:
    """ "0.961 (0.934 to 0.983)"."""
    interval = found["f1_macro_interval"]
    spread = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
    return f"{found['f1_macro']:.3f}{spread}"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--models", nargs="+", choices=tuple(MODELS), default=["rf", "lightgbm", "lstm", "tcn"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        files = write_videos(folder / "videos", options.videos, seconds=options.seconds, fps=FPS)
        data = folder / "set"
        build_task_dataset(files, data, TaskDatasetConfig(ratios=RATIOS))
        rows = compare_detectors(data)
        result["detectors"] = [asdict(row) for row in rows]
        print(detectors_table(rows), flush=True)
        for model in options.models:
            found = train_task_model(data, folder / model, TaskModelSettings(model))[1]
            result[model] = {name: found[name] for name in ("f1_macro", "f1_macro_interval", "accuracy")}
            seconds = found["training"]["seconds"]
            print(f"{model:12} macro F1 {words(found)}, trained in {seconds:.0f} s", flush=True)
        result["clip"] = clip_alone(folder)
        print(f"one clip, {result['clip']['n_blocks']} blocks: macro F1 {words(result['clip'])}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    if max(result[model]["f1_macro"] for model in options.models) < REQUIRED_F1:
        raise SystemExit("less than promised")


if __name__ == "__main__":
    main()

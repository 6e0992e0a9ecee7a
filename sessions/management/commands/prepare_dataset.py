"""Labelled recordings in files → a dataset of windows."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

LEAKY = "Warning: neighbouring windows overlap, so with a random split the same people are on both sides: the scores "


class Command(BaseCommand):
    help = (
        "Make a dataset of windows from labelled RSF or CSV files below a folder, or from simulated athletes. Labels: "
        "a column label, a file <name>.labels.csv (start_s, end_s, label), or what the RSF file says. People: a column "
        "subject, the RSF author, or the folder. Whole people are kept apart unless --split random."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="?", type=Path, help="folder with labelled files")
        parser.add_argument("--output", type=Path, required=True, help="folder of the dataset; must not exist")
        parser.add_argument("--simulate", type=int, metavar="N", help="simulate N athletes instead (50 is usual)")
        parser.add_argument("--layout", default="flextail", help="flextail (default), imu6 or imu9")
        parser.add_argument(
            "--rate-hz", type=float, help="samples per second after resampling; else the layout's"
        )
        parser.add_argument("--file-rate-hz", type=float, help="samples per second of files that hold no time")
        parser.add_argument("--window", type=int, default=150, help="samples in a window")
        parser.add_argument("--stride", type=int, default=50, help="samples between windows")
        parser.add_argument("--normalisation", choices=("window", "dataset", "none"), default="window")
        parser.add_argument("--split", choices=("subjects", "random"), default="subjects")
        parser.add_argument("--other", default="", help="label for time that nothing labels, for example other")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from mlops.ml.sensors.layouts import BUILT_IN

        if (options["files"] is None) == (options["simulate"] is None):
            raise CommandError("Give a folder with labelled files, or --simulate N.")
        if options["layout"] not in BUILT_IN:
            raise CommandError(f"There is no layout {options['layout']}; known are {', '.join(BUILT_IN)}.")
        output: Path = options["output"]
        if output.exists():
            raise CommandError(f"{output} exists already; a dataset never changes. Choose another --output.")
        try:
            self._build(**options)
        except (MLError, OSError) as error:
            shutil.rmtree(output, ignore_errors=True)
            raise CommandError(str(error)) from error
        except BaseException:
            shutil.rmtree(output, ignore_errors=True)
            raise

    def _build(self, *, output: Path, **options: Any) -> None:
        from mlops.ml.contract import NotEnoughData
        from mlops.ml.sensors.dataset import write_manifest, write_subject_shard
        from mlops.ml.sensors.layouts import BUILT_IN
        from mlops.ml.windows import WindowSpec
        from mlops.splitting import plan_split

        layout = BUILT_IN[options["layout"]]
        rate_hz = options["rate_hz"] or layout.rate_hz
        spec = WindowSpec(rate_hz, options["window"], options["stride"], options["normalisation"])
        generated = options["simulate"] is not None
        other = options["other"] or ("other" if generated else "")
        by_subject: dict[str, list[Any]] = defaultdict(list)
        for subject, series in self._simulated(**options) if generated else self._read(**options):
            by_subject[subject].append(series)
        labels = _labels(by_subject, other)
        output.mkdir(parents=True)
        facts = [
            write_subject_shard(output, subject, series, spec, labels, other or None)
            for subject, series in sorted(by_subject.items())
        ]
        useful = [fact for fact in facts if fact.n_windows]
        present = {label for fact in useful for label in fact.per_label}
        if len(present) < 2:
            raise NotEnoughData(f"fewer than two labels have a full window of {spec.duration_s:g} s")
        plan = plan_split([fact.subject for fact in useful], how=options["split"], seed=options["seed"])
        parts = {subject: "train" if part == "mixed" else part for subject, part in plan.parts.items()}
        write_manifest(
            output,
            spec=spec,
            labels=labels,
            layout={"name": layout.name, "channels": list(layout.channel_names), "rate_hz": layout.rate_hz},
            parts=parts,
            facts=useful,
            kind="sensor_classification",
            split={**plan.facts(), "parts": {}},
            balance="none",
            seed=options["seed"],
            sources={"files": sum(len(series) for series in by_subject.values())},
            generated=generated,
        )
        self.stdout.write(f"{sum(fact.n_windows for fact in useful)} windows of {len(useful)} people in {output}")
        for label in labels:
            self.stdout.write(f"  {label}: {sum(fact.per_label.get(label, 0) for fact in useful)}")
        if plan.leaky:
            self.stderr.write(LEAKY + "will be too good.")
        else:
            kept = {part: len(plan.subjects_in(part)) for part in ("train", "val", "test")}
            self.stdout.write("People: " + ", ".join(f"{n} {part}" for part, n in kept.items()))
        if plan.note and not plan.leaky:
            self.stdout.write(plan.note)

    def _read(self, **options: Any) -> Iterator[tuple[str, Any]]:
        from mlops.ml.sensors.labelled_files import labelled_files, read_labelled
        from mlops.ml.sensors.layouts import BUILT_IN

        folder: Path = options["files"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        found = labelled_files(folder)
        if not found:
            raise CommandError(f"There are no sensor files below {folder}.")
        for path in found:
            yield read_labelled(path, folder, BUILT_IN[options["layout"]], rate_hz=options["file_rate_hz"])

    def _simulated(self, **options: Any) -> Iterator[tuple[str, Any]]:
        from mlops.ml.sensors.dataset import LabelledSeries
        from mlops.ml.sensors.simulate import REST, demo_plan, random_subject, simulate_session

        first = 50_000 + 1000 * options["seed"]
        for number in range(options["simulate"]):
            seed = first + number
            plan = demo_plan("mixed", seed=seed)
            made = simulate_session(options["layout"], plan, random_subject(seed), seed=options["seed"])
            spans = [span for span in made.spans if span[2] != REST]
            yield f"sim{number:03d}", LabelledSeries(made.t_s, made.samples, spans, str(seed), reviewed=True)


def _labels(by_subject: dict[str, list[Any]], other: str) -> list[str]:
    """All labels, sorted, with `other` last."""
    found = {label for series in by_subject.values() for one in series for _, _, label in one.spans}
    return [*sorted(found - {other}), *([other] if other else [])]

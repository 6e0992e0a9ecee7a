"""Labelled recordings in files → a dataset of windows."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

SOURCES = ("auto", "column", "rsf", "folder", "file", "sidecar")
LEAKY = "Warning: neighbouring windows overlap. With a random split the same people train and test: the scores "


class Command(BaseCommand):
    help = (
        "Make a dataset of windows from labelled RSF or CSV files below a folder, or from simulated athletes. Labels: "
        "a column label, a file <name>.labels.csv (start_s, end_s, label), what the RSF file says, or --label-from. "
        "People: a column subject, a sidecar <name>.json or a table files.csv (file, person, label), RSF authors that "
        "differ, the folder, or --person-from. Whole people are kept apart unless --split random."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="?", type=Path, help="folder with labelled files")
        parser.add_argument("--output", type=Path, required=True, help="folder of the dataset; must not exist")
        parser.add_argument("--simulate", type=int, metavar="N", help="simulate N athletes instead (50 is usual)")
        parser.add_argument(
            "--layout",
            default="flextail",
            help="flextail (default), imu6, imu9 …; imu6:u2+u5 for two worn at once",
        )
        parser.add_argument("--rate-hz", type=float, help="samples per second after resampling; default: as recorded")
        parser.add_argument("--file-rate-hz", type=float, help="samples per second of files without time stamps")
        parser.add_argument("--unit", action="append", default=[], metavar="SENSOR=UNIT", help="for example gyr=deg/s")
        parser.add_argument("--clock", default="", help="year that time counts from: 1970, 2000, 2001 or start")
        for what in ("person", "label"):
            parser.add_argument(f"--{what}", default="", help=f"one {what} for all files")
            parser.add_argument(f"--{what}-from", choices=SOURCES, default="auto", help=f"where to find the {what}")
            parser.add_argument(f"--{what}-pattern", default="", help="regular expression on the path; its first group")
        parser.add_argument("--window", type=int, help=(
            "samples in a window; default: depends on the length of the labels"
        ))
        parser.add_argument("--stride", type=int, help="samples between windows; default: a third of a window")
        parser.add_argument("--normalisation", choices=("window", "dataset", "none"), default="dataset")
        parser.add_argument(
            "--split",
            choices=("auto", "subjects", "each", "random"),
            default="auto",
            help="leave one person out in turn, or hold out whole people; default: depends on their number",
        )
        parser.add_argument("--other", default="", help="label for unlabelled time, for example other")
        parser.add_argument(
            "--no-everyday",
            action="store_true",
            help="do not add generated everyday movement and rest",
        )
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError

        if (options["files"] is None) == (options["simulate"] is None):
            raise CommandError("Pass a folder with labelled files, or --simulate N.")
        options["layout"] = _layout(options["layout"])
        output: Path = options["output"]
        if output.exists():
            raise CommandError(f"{output} already exists, and datasets never change. Choose another --output.")
        try:
            self._build(**options)
        except (MLError, OSError) as error:
            shutil.rmtree(output, ignore_errors=True)
            raise CommandError(str(error)) from error
        except BaseException:
            shutil.rmtree(output, ignore_errors=True)
            raise

    def _build(self, *, output: Path, **options: Any) -> None:
        from mlops.kinds.splitting import plan_split
        from mlops.ml.contract import NotEnoughData
        from mlops.ml.sensors.dataset import EVERYDAY, write_manifest, write_subject_shard
        from mlops.ml.sensors.everyday import everyday_write, labels_with_other

        layout = options["layout"]
        generated = options["simulate"] is not None
        other = options["other"] or ("other" if generated else "")
        by_subject: dict[str, list[Any]] = defaultdict(list)
        for subject, series in self._simulated(**options) if generated else self._read(**options):
            by_subject[subject].append(series)
        labels = _labels(by_subject, other)
        spec, why = _cut([one for series in by_subject.values() for one in series], layout.rate_hz, **options)
        if why:
            self.stdout.write(why)
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
        added: dict[str, Any] = {}
        if not options["no_everyday"]:
            taught = list(labels_with_other(labels))
            added = everyday_write(
                output,
                subjects=sorted(subject for subject, part in parts.items() if part == "train"),
                labels=taught,
                channels=[(channel.name, channel.unit) for channel in layout.channels],
                spec=spec,
                seed=options["seed"],
            )
            labels = taught if added["n_windows"] else labels
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
            **({EVERYDAY: added} if added else {}),
        )
        self.stdout.write(f"{sum(fact.n_windows for fact in useful)} windows of {len(useful)} people in {output}")
        for label in labels:
            self.stdout.write(f"  {label}: {sum(fact.per_label.get(label, 0) for fact in useful)}")
        if plan.leaky:
            self.stderr.write(LEAKY + "are too optimistic.")
        elif plan.how == "subjects":
            kept = {part: len(plan.subjects_in(part)) for part in ("train", "val", "test")}
            self.stdout.write("People: " + ", ".join(f"{n} {part}" for part, n in kept.items()))
        if plan.note and not plan.leaky:
            self.stdout.write(plan.note)
        if added:
            self.stdout.write(added["text"])

    def _read(self, **options: Any) -> Iterator[tuple[str, Any]]:
        from mlops.ml.sensors.file_people import Naming, name_files
        from mlops.ml.sensors.labelled_files import labelled_files, read_labelled, with_first_of_copies

        folder: Path = options["files"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        found = labelled_files(folder)
        if not found:
            raise CommandError(f"There are no sensor files below {folder}.")
        naming = Naming(
            person=options["person"],
            person_pattern=options["person_pattern"],
            person_from=options["person_from"],
            label=options["label"],
            label_pattern=options["label_pattern"],
            label_from=options["label_from"],
        )
        named, remarks = name_files(found, folder, naming)
        for remark in remarks:
            self.stdout.write(remark)
        layout = options["layout"]
        units = dict(text.partition("=")[::2] for text in options["unit"])
        read = (
            read_labelled(
                path,
                folder,
                layout,
                rate_hz=options["file_rate_hz"],
                named=named[path],
                units=units,
                clock=options["clock"],
            )
            for path in found
        )
        for subject, series, first in with_first_of_copies(read, layout):
            if first is not None:
                self.stderr.write(f"{series.source_id} looks like a copy of {first}: both count as {subject}.")
            yield subject, series

    def _simulated(self, **options: Any) -> Iterator[tuple[str, Any]]:
        from mlops.ml.sensors.dataset import LabelledSeries
        from mlops.ml.sensors.simulate import REST, demo_plan, random_subject, simulate_session

        first = 50_000 + 1000 * options["seed"]
        for number in range(options["simulate"]):
            seed = first + number
            plan = demo_plan("mixed", seed=seed)
            made = simulate_session(options["layout"].name, plan, random_subject(seed), seed=options["seed"])
            spans = [span for span in made.spans if span[2] != REST]
            yield f"sim{number:03d}", LabelledSeries(made.t_s, made.samples, spans, str(seed), reviewed=True)


def _labels(by_subject: dict[str, list[Any]], other: str) -> list[str]:
    """All labels, sorted, with `other` last."""
    found = {label for series in by_subject.values() for one in series for _, _, label in one.spans}
    return [*sorted(found - {other}), *([other] if other else [])]


def _layout(name: str) -> Any:
    """A built-in layout, or several equal units side by side: imu6:u2+u5. Raises CommandError."""
    from mlops.ml.contract import BadValue
    from mlops.ml.sensors.layouts import BUILT_IN, side_by_side

    base, colon, units = name.partition(":")
    if base not in BUILT_IN:
        raise CommandError(f"Unknown layout: {base}. Choose from: {', '.join(BUILT_IN)}.")
    try:
        return side_by_side(BUILT_IN[base], units.split("+")) if colon else BUILT_IN[base]
    except BadValue as error:
        raise CommandError(str(error)) from error


def _cut(recordings: list[Any], nominal_hz: float, **options: Any) -> tuple[Any, str]:
    """How the recordings are cut, and why as a sentence."""
    from dataclasses import replace

    import numpy as np

    from mlops.ml.sensors.window_choice import choose_window, stretches

    rates = [1 / step for one in recordings if len(one.t_s) > 1 and (step := float(np.median(np.diff(one.t_s)))) > 0]
    seconds = [length for one in recordings for length in stretches(one.spans)]
    rate, window = options["rate_hz"], options["window"]
    choice = choose_window(rates, seconds, nominal_hz=nominal_hz, rate_hz=rate, window_s=1.0 if window else None)
    length = window or choice.spec.length
    stride = options["stride"] or (max(1, round(length / 3)) if window else choice.spec.stride)
    return replace(choice.spec, length=length, stride=stride, normalisation=options["normalisation"]), choice.why

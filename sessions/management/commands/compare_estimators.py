"""Compare all sensor estimators on the same data and write docs/estimators.md."""

import platform
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

MARKS = ("<!-- figures:begin -->", "<!-- figures:end -->")
STEPS = ("train", "latency", "page")


class Command(BaseCommand):
    help = (
        "Train every sensor estimator on two public datasets and on simulated athletes, and write the table. "
        "Finished cells are cached in --cache, so you can stop and resume."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the public datasets")
        parser.add_argument("--cache", type=Path, default=Path(settings.VAR_DIR) / "comparison")
        parser.add_argument("--output", type=Path, default=Path(settings.BASE_DIR) / "docs" / "estimators.md")
        parser.add_argument("--set", action="append", dest="sets", help="only this dataset; can be repeated")
        parser.add_argument("--estimator", action="append", dest="estimators", help="only this one; can be repeated")
        parser.add_argument("--step", action="append", choices=STEPS, help="train, latency or page; default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.registry import estimator_names
        from mlops.ml.sensors.comparison.cells import cell_read, cell_write, measure_latency, run_cell
        from mlops.ml.sensors.comparison.data import comparison_sets
        from mlops.ml.sensors.comparison.table import page

        known, steps = comparison_sets(options["data"]), options["step"] or STEPS
        chosen = options["sets"] or list(known)
        if unknown := set(chosen) - set(known):
            raise CommandError(f"Unknown dataset: {unknown.pop()}. Choose from: {', '.join(known)}.")
        names = options["estimators"] or estimator_names("sensors")
        sets = []
        for name in chosen:
            try:
                sets.append(known[name]())
            except OSError as error:
                self.stderr.write(f"Skipping {name}: {error}. Set its folder with --data.")
        for data in sets:
            for name in names:
                folder = options["cache"] / data.name / name
                cell = cell_read(folder, data)
                if cell is None and "train" in steps:
                    cell = run_cell(data, name, folder, self.stdout.write)
                    cell_write(folder, cell)
                if cell is not None and "latency" not in cell and "latency" in steps:
                    cell_write(folder, {**cell, "latency": measure_latency(data, name, folder)})
        if "page" in steps:
            cells = {
                data.name: {
                    name: cell for name in names if (cell := cell_read(options["cache"] / data.name / name, data))
                }
                for data in sets
            }
            made = page(sets, cells, command="manage.py compare_estimators", machine=machine_words())
            write_between(options["output"], made)
            self.stdout.write(f"Written to {options['output']}")


def write_between(path: Path, text: str) -> None:
    """Put the text between the marks of a page that has them (what stands around it is written by people), else make
    the page of it."""
    kept = path.read_text("utf-8") if path.is_file() else ""
    before, begin, rest = kept.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    path.write_text(f"{before}{begin}\n{text}{end}{after}" if end else text, "utf-8")


def machine_words() -> str:
    """ "AMD EPYC …, 2 cores, Linux, Python 3.11"."""
    import os

    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"

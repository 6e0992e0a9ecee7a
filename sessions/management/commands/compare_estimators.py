"""Compare all sensor estimators on the same data and write docs/estimators.md."""

import platform
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

STEPS = ("train", "latency", "page")


class Command(BaseCommand):
    help = (
        "Train every sensor estimator on two public data sets and on simulated athletes, and write the table. "
        "Finished cells are kept in --cache, so that it can be stopped and started again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the public sets")
        parser.add_argument("--cache", type=Path, default=Path(settings.VAR_DIR) / "comparison")
        parser.add_argument("--output", type=Path, default=Path(settings.BASE_DIR) / "docs" / "estimators.md")
        parser.add_argument("--set", action="append", dest="sets", help="only this data set; may be repeated")
        parser.add_argument("--estimator", action="append", dest="estimators", help="only this one; may be repeated")
        parser.add_argument("--step", action="append", choices=STEPS, help="train, latency or page; all by default")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.registry import estimator_names
        from mlops.ml.sensors.comparison.cells import cell_read, cell_write, measure_latency, run_cell
        from mlops.ml.sensors.comparison.data import comparison_sets
        from mlops.ml.sensors.comparison.table import page

        known, steps = comparison_sets(options["data"]), options["step"] or STEPS
        chosen = options["sets"] or list(known)
        if unknown := set(chosen) - set(known):
            raise CommandError(f"There is no data set {unknown.pop()}; known are {', '.join(known)}.")
        names = options["estimators"] or estimator_names("sensors")
        sets = []
        for name in chosen:
            try:
                sets.append(known[name]())
            except OSError as error:
                self.stderr.write(f"{name} is left out: {error}. Give its folder with --data.")
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
            options["output"].write_text(
                page(sets, cells, command="manage.py compare_estimators", machine=machine_words()), "utf-8"
            )
            self.stdout.write(f"Written to {options['output']}")


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

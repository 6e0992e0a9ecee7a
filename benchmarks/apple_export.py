"""Importing a large Apple Health export: memory and time of the whole way that a person's upload goes.

    python -m benchmarks.apple_export [--gib 2.0] [--zip] [--limit-mib 300] [--json FILE]

Writes a generated export.xml of `--gib` in the shape of a real one (document type, sources, devices, metadata below
records; mostly heart rate and steps, beside them HRV, resting heart rate and nights), registers it as a finished
upload on a site of its own (SQLite in a temporary folder) and runs the import job in a fresh process, as a worker
would: the file is told by its bytes, read, its days are kept, and the estimates are made. `peak_rss_mib` is that
process' VmHWM of /proc/self/status: the most memory it ever held, its libraries included. With `--zip` the same XML
lies in a ZIP, as the phone hands it out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
MIB, GIB = 2**20, 2**30
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 14 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary|ClinicalRecord)*)>
<!ATTLIST HealthData locale CDATA #REQUIRED>
<!ELEMENT Record ((MetadataEntry|HeartRateVariabilityMetadataList)*)>
<!ATTLIST Record type CDATA #REQUIRED unit CDATA #IMPLIED value CDATA #IMPLIED sourceName CDATA #REQUIRED
  sourceVersion CDATA #IMPLIED device CDATA #IMPLIED creationDate CDATA #IMPLIED startDate CDATA #REQUIRED
  endDate CDATA #REQUIRED>
]>
<HealthData locale="en_GB">
 <ExportDate value="2026-06-01 08:00:00 +0200"/>
 <Me HKCharacteristicTypeIdentifierDateOfBirth="1994-02-11"/>
"""
WATCH = (
    'sourceName="Ama’s Apple Watch" sourceVersion="11.2" device="&lt;&lt;HKDevice: 0x301a2b3c0&gt;, name:Apple Watch, '
    'manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:11.2&gt;"'
)
PHASES = ("Core", "Deep", "REM", "Core", "Awake", "Core", "REM", "Core")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gib", type=float, default=2.0)
    parser.add_argument("--zip", action="store_true")
    parser.add_argument("--limit-mib", type=float, default=300.0)
    parser.add_argument("--folder", type=Path, help="where the temporary files lie")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--import-in", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.import_in:
        print(json.dumps(imported(options.import_in)))
        return
    with tempfile.TemporaryDirectory(prefix="apple-export-", dir=options.folder) as folder:
        result = measure(Path(folder), int(options.gib * GIB), options.zip)
    result |= {"limit_mib": options.limit_mib, "machine": platform.processor() or platform.machine()}
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    if result["peak_rss_mib"] > options.limit_mib:
        raise SystemExit(f"{result['peak_rss_mib']} MiB are more than {options.limit_mib:g}")


def measure(folder: Path, size: int, is_zip: bool) -> dict[str, object]:
    """Write the export, import it in a process of its own, and return what that took."""
    export = folder / "export.xml"
    with export.open("w", encoding="utf-8") as file:
        n_records, n_days = write_export(file, size)
    facts = {"xml_gib": round(export.stat().st_size / GIB, 2), "records": n_records, "days": n_days, "zip_mib": None}
    if is_zip:
        packed = folder / "export.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(export, "apple_health_export/export.xml")
        export.unlink()
        export, facts["zip_mib"] = packed, round(packed.stat().st_size / MIB)
    export.rename(folder / "upload")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FITBALANCE")}
    environment |= {"FITBALANCE_VAR": str(folder / "var"), "DJANGO_SETTINGS_MODULE": "fitbalance.settings"}
    environment["FITBALANCE_ENV"] = "development"
    command = [sys.executable, "-m", "benchmarks.apple_export", "--import-in", str(folder)]
    done = subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return {**facts, **json.loads(done.stdout.splitlines()[-1])}


def write_export(file: IO[str], size: int) -> tuple[int, int]:
    """Days from 2018 on, one after the other, until the file is as long; returns records and days."""
    file.write(HEAD)
    rng, day, n, written = random.Random(0), datetime(2018, 1, 1), 0, 0
    per_day = max(400, int(size / (365 * 8) / 430))  # eight years, however large the file is to be
    begun = day
    while written < size:
        lines = list(day_records(day, per_day, rng))
        text = "".join(lines)
        file.write(text)
        written += len(text)
        n += len(lines)
        day += timedelta(days=1)
    file.write("</HealthData>\n")
    return n, (day - begun).days


def day_records(day: datetime, n: int, rng: random.Random) -> Iterator[str]:
    """One day: a night in phases, HRV, resting heart rate, and `n` records of heart rate and steps."""
    at = day - timedelta(minutes=rng.randint(20, 120))
    for number in range(3):
        for phase in PHASES:
            until = at + timedelta(minutes=rng.randint(8, 32))
            value = f"HKCategoryValueSleepAnalysis{'' if phase == 'Awake' else 'Asleep'}{phase}"
            yield record("HKCategoryTypeIdentifierSleepAnalysis", at, until, value)
            at = until
        if number < 2:
            morning = day + timedelta(hours=7, minutes=number)
            value = f"{rng.uniform(25, 90):.4f}"
            yield record("HKQuantityTypeIdentifierHeartRateVariabilitySDNN", morning, morning, value, "ms")
    noon = day + timedelta(hours=12)
    yield record("HKQuantityTypeIdentifierRestingHeartRate", noon, noon, str(rng.randint(48, 66)), "count/min")
    step = 86_000 / n
    for i in range(n):
        at = day + timedelta(seconds=int(i * step))
        if i % 3:
            value = str(rng.randint(45, 170))
            yield record("HKQuantityTypeIdentifierHeartRate", at, at, value, "count/min", motion=True)
        else:
            until, value = at + timedelta(seconds=40), str(rng.randint(2, 90))
            yield record("HKQuantityTypeIdentifierStepCount", at, until, value, "count")


def record(kind: str, start: datetime, end: datetime, value: str, unit: str = "", *, motion: bool = False) -> str:
    """One Record as the phone writes it."""
    units = f' unit="{unit}"' if unit else ""
    text = (
        f' <Record type="{kind}" {WATCH}{units} creationDate="{end} +0200" startDate="{start} +0200" '
        f'endDate="{end} +0200" value="{value}"'
    )
    if not motion:
        return f"{text}/>\n"
    return f'{text}>\n  <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="1"/>\n </Record>\n'


def imported(folder: Path) -> dict[str, object]:
    """In the measured process: the upload of `folder` becomes days through the job."""
    import django

    django.setup()
    from datetime import UTC

    from django.utils import timezone

    from accounts.models import Athlete, User
    from burnout.models import CheckIn
    from mlops.jobs.services.execution import job_execute_here
    from mlops.jobs.services.jobs import job_create
    from web.models import Upload, UploadState
    from web.services.files import private_path
    from web.services.sniff import sniff

    user = User.objects.create(username="ama", email="ama@example.org", time_zone="Africa/Accra")
    athlete = Athlete.objects.create(user=user)
    source = folder / "upload"
    upload = Upload.objects.create(
        owner=user, filename="export", size=source.stat().st_size, part_bytes=8 * MIB, n_parts=1,
        state=UploadState.READY, expires_at=datetime.max.replace(year=2200, tzinfo=UTC),
    )
    target = private_path(f"uploads/{upload.pk}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    kind = sniff(target)
    before = status_mib("VmHWM")
    job = job_create(
        kind="checkins.apple", title="Import", owner=user, parameters={"upload": str(upload.pk)},
    )
    began = time.perf_counter()
    job_execute_here(pk=job.pk)
    seconds = time.perf_counter() - began
    job.refresh_from_db()
    if job.status != "succeeded":
        raise SystemExit(f"the job ended {job.status}: {job.failure_reason}")
    rows = CheckIn.objects.filter(athlete=athlete, day__lte=timezone.now().date())
    return {
        "kind": str(kind), "kept_days": rows.count(), "seconds": round(seconds, 1),
        "before_mib": round(before), "peak_rss_mib": round(status_mib("VmHWM")),
    }


def status_mib(name: str) -> float:
    """A figure of /proc/self/status in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"this system does not tell {name}")


if __name__ == "__main__":
    main()

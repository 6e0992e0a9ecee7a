"""Everything FitBalance keeps about a person, as one ZIP.

    manifest.json            who, when, rows and files per table
    data/<app>.<model>.jsonl one JSON object a row
    files/<name>             the files themselves

What belongs to a person is declared by each app in web.registries.personal_data.
"""

import base64
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import FileField, Model
from django.utils import timezone

from accounts.models import User
from accounts.services.audit import audit
from accounts.services.steps import OnStep, ignore
from web.registries import personal_data
from web.registries.personal_data import PersonalTable

FORMAT = "fitbalance-account-1"
_CHUNK = 200


@dataclass
class ExportFacts:
    """What the ZIP holds: rows and files by table label, files that were missing on disk, size in bytes."""

    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    missing_files: list[str] = field(default_factory=list)
    size_bytes: int = 0


def export_account(*, user: User, path: Path, step: OnStep = ignore) -> ExportFacts:
    """Write the ZIP to `path`, whole or not at all. `step(done, total, note)` counts tables and may raise."""
    tables = personal_data.tables()
    facts = ExportFacts()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            for done, table in enumerate(tables):
                step(done, len(tables), str(table.model._meta.verbose_name_plural))
                _write_table(archive, table, user, facts)
            archive.writestr("manifest.json", json.dumps(_manifest(user, facts), indent=2))
        facts.size_bytes = beside.stat().st_size
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    audit(actor=user, action="account.exported", target=user, tables=len(facts.rows), rows=sum(facts.rows.values()))
    step(len(tables), len(tables), "done")
    return facts


def _write_table(archive: zipfile.ZipFile, table: PersonalTable, user: User, facts: ExportFacts) -> None:
    label = table.model._meta.label_lower
    n_rows = 0
    with archive.open(f"data/{label}.jsonl", "w", force_zip64=True) as member:
        for row in _rows(table, user):
            member.write(json.dumps(row_values(row, table.secret_fields), cls=DjangoJSONEncoder).encode() + b"\n")
            n_rows += 1
    facts.rows[label] = n_rows
    if table.files is None:
        return
    facts.files[label] = 0
    for row in _rows(table, user):
        for name, source in table.files(row):
            if source.is_file() and not source.is_symlink():
                archive.write(source, f"files/{name.lstrip('/')}")
                facts.files[label] += 1
            else:
                facts.missing_files.append(name)


def _rows(table: PersonalTable, user: User) -> Iterator[Model]:
    return table.rows(user).order_by("pk").iterator(chunk_size=_CHUNK)


def row_values(row: Model, secret_fields: tuple[str, ...]) -> dict[str, Any]:
    """Stored fields by column name, without the secret ones; bytes become base64, files their path."""
    values: dict[str, Any] = {}
    for model_field in row._meta.concrete_fields:
        if model_field.name in secret_fields:
            continue
        value = getattr(row, model_field.attname)
        if isinstance(value, bytes | memoryview):
            value = base64.b64encode(bytes(value)).decode()
        elif isinstance(model_field, FileField):
            value = value.name if value else None
        values[model_field.attname] = value
    return values


def _manifest(user: User, facts: ExportFacts) -> dict[str, Any]:
    counts = {key: value for key, value in asdict(facts).items() if key != "size_bytes"}
    return {"format": FORMAT, "made_at": timezone.now().isoformat(), "user": user.username, **counts}

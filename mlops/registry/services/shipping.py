"""Making every shipped model anew: train, register, show the gates, reload, ask once, write the table."""

import math
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops.kinds.base import task_kind
from mlops.kinds.questions import Inputs
from mlops.kinds.recipes import Batch, Recipe, Say, recipe_of
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.registry.models import ModelVersion
from mlops.registry.services.artifacts import MODELS, SHIPPED, artifact_path, models_root
from mlops.registry.services.champions import champions_register
from mlops.registry.services.registering import version_register
from mlops.registry.services.storage import artifact_store

BEGIN, END = "<!-- models:begin -->", "<!-- models:end -->"


@dataclass
class Shipped:
    """One model that was made, and what became of it."""

    recipe: Recipe
    version: ModelVersion
    problems: list[str] = field(default_factory=list)


def produce(*, recipe: Recipe, quick: bool, seed: int, say: Say) -> list[Shipped]:
    """Run one recipe and register what it made. Raises what the library raises."""
    with tempfile.TemporaryDirectory(prefix="fitbalance-production-") as scratch:
        folders = recipe.make(Batch(Path(scratch), quick, seed, say))
        made = []
        for folder in folders:
            manifest = read_manifest(folder)
            target = _move_in(folder)
            artifact_store(target)
            version = version_register(
                task_name=folder.parent.name, artifact_dir=f"{MODELS}/{target.name}", manifest=manifest
            )
            made.append(Shipped(recipe, version))
    for one in made:
        _show(one, say)
    return made


def shipped(say: Say) -> list[Shipped]:
    """The models that ship, registered where they are not yet, as if they had just been made. Raises BadArtifact."""
    champions_register(say)
    rows = ModelVersion.objects.filter(artifact_dir__startswith=SHIPPED, retired_at__isnull=True)
    made = []
    for version in rows.select_related("task").order_by("task__name"):
        recipe = recipe_of(version.task.kind)
        if recipe is not None:
            made.append(Shipped(recipe, version))
            _show(made[-1], say)
    return made


def reload(one: Shipped) -> None:
    """Open the artifact as serving does and ask it once; what fails is added to its problems."""
    version = one.version
    try:
        path = artifact_path(version)
        manifest = read_manifest(path)
        kind = task_kind(version.task.kind)
        values = kind.example_input(manifest)
        answers = kind.decide(kind.scorer(path).answer(values), Inputs(values), manifest)
        if not answers or not _is_finite(answers[0].value):
            one.problems.append("its prediction is not a finite number")
    except Exception as error:  # whatever it is, the command must name the model and go on to the next
        one.problems.append(f"it cannot be reloaded: {type(error).__name__}: {error}")


def _is_finite(value: Any) -> bool:
    """No number anywhere in an answer is NaN or infinite."""
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def table(made: list[Shipped]) -> str:
    """Markdown: model, version, metric, gate, data."""
    lines = ["| model | version | metric | gate | data |", "|---|---|---|---|---|"]
    for one in made:
        version = one.version
        metric = f"{version.metric.title.lower()} {version.score_text}"
        name = f"{version.task.title} (`{version.task.name}`, {version.estimator})"
        gates = ", ".join(gate_words(version, name, gate) for name, gate in version.gates.items()) or "none"
        lines.append(f"| {name} | {version.number} | {metric} | {gates} | {_data(one)} |")
    return "\n".join(lines)


def _data(one: Shipped) -> str:
    try:
        measured = read_manifest(artifact_path(one.version)).get("measured_on")
    except BadArtifact:
        measured = None
    return measured if isinstance(measured, str) and measured else one.recipe.data


def table_write(path: Path, text: str) -> bool:
    """Put the table between its markers; False where the file has none."""
    old = path.read_text("utf-8")
    if BEGIN not in old or END not in old:
        return False
    between = f"{re.escape(BEGIN)}.*?{re.escape(END)}"
    new = re.sub(between, lambda _: f"{BEGIN}\n{text}\n{END}", old, count=1, flags=re.S)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(new, "utf-8")
    os.replace(beside, path)
    return True


def gate_words(version: ModelVersion, name: str, gate: Mapping[str, Any]) -> str:
    """ "accuracy ≥ 0.8: 0.957 ✓"."""
    limits = " ".join(f"{sign} {gate[side]:g}" for side, sign in (("least", "≥"), ("most", "≤")) if side in gate)
    value = "not measured" if gate.get("value") is None else f"{gate['value']:.3f}"
    return f"{name} {limits}: {value} {'✓' if gate.get('passed') else '✗'}"


def _show(one: Shipped, say: Say) -> None:
    version = one.version
    say(f"{version.task.title}: {version.metric.title.lower()} {version.score_text}")
    for name, gate in version.gates.items():
        say(f"  gate {gate_words(version, name, gate)}")
        if not gate.get("passed"):
            one.problems.append(f"it failed its gate {name}")


def _move_in(folder: Path) -> Path:
    """Copy a finished artifact beside the others under a name of its own, whole or not at all."""
    root = models_root()
    root.mkdir(parents=True, exist_ok=True)
    name = f"production-{uuid.uuid4()}"
    beside = root / f".{name}.partial"
    try:
        shutil.copytree(folder, beside)
        beside.rename(root / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return root / name

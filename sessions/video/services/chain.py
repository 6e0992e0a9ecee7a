"""Data sets of one's own feature files, and models of these: asked for at once, made by jobs."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mlops.jobs.services.jobs import job_create
from sessions.models import FeatureDataset, FeatureFile, FeatureModel
from sessions.models.features import MadeByJob
from sessions.video.selectors.features import features_path
from sessions.video.selectors.frame_times import labels_by_frame
from sessions.video.services.waiting import BUILD, TRAIN

Commit = Callable[[], AbstractContextManager[None]]
OnStep = Callable[..., None]
MODEL_TYPES = ("rf", "lightgbm", "lstm", "tcn", "transformer")


@dataclass(frozen=True)
class DatasetOptions:
    """How windows are cut and balanced."""

    window_sec: float = 2.0
    step_sec: float = 0.5
    balance_method: str = "none"


@dataclass(frozen=True)
class ModelOptions:
    """What may be told of a model; None leaves it to the model."""

    model_type: str = "rf"
    aggregation: str = "stats"
    n_estimators: int = 100
    max_depth: int | None = None
    learning_rate: float | None = None


def dataset_wanted(*, owner: Any, files: Sequence[FeatureFile], options: DatasetOptions) -> FeatureDataset:
    """The row with its final name, and its job. Raises QuotaExceeded."""
    sources = [{"id": str(file.pk), "name": file.name} for file in files]
    n = len(files)
    title = ngettext("Build a dataset of %(n)s video", "Build a dataset of %(n)s videos", n) % {"n": n}
    with transaction.atomic():
        row = FeatureDataset.objects.create(owner=owner, sources=sources, options=asdict(options))
        row.job = job_create(kind=BUILD, title=title, owner=owner, parameters={"dataset": row.pk})
        row.save(update_fields=["job"])
    return row


def model_wanted(*, owner: Any, dataset: FeatureDataset, options: ModelOptions) -> FeatureModel:
    """The row with its final name, and its job. Raises QuotaExceeded."""
    title = _("Train %(model)s on %(dataset)s") % {"model": options.model_type, "dataset": dataset.name}
    with transaction.atomic():
        row = FeatureModel.objects.create(
            owner=owner, dataset=dataset, model_type=options.model_type, options=asdict(options)
        )
        row.job = job_create(kind=TRAIN, title=title, owner=owner, parameters={"model": row.pk})
        row.save(update_fields=["job"])
    return row


def dataset_make(*, row: FeatureDataset, files: Sequence[FeatureFile], on_step: OnStep, commit: Commit) -> None:
    """Build it from what is labelled now. Raises what the library raises."""
    from mlops.ml.vision.task_datasets import TaskDatasetConfig, build_task_dataset
    from mlops.ml.vision.task_windows import TaskWindow

    target = _emptied(row)
    options = DatasetOptions(**row.options)
    config = TaskDatasetConfig(
        window=TaskWindow(options.window_sec, options.step_sec), balance=options.balance_method  # type: ignore[arg-type]
    )
    with tempfile.TemporaryDirectory(prefix="fitbalance-features-") as folder:
        paths = [_labelled(file, Path(folder)) for file in files]
        told = build_task_dataset(paths, target, config, on_step)
    told.pop("people", None)
    _made(row, target, told, commit)


def model_make(*, row: FeatureModel, on_step: OnStep, commit: Commit) -> None:
    """Train, evaluate and store it. Raises what the library raises."""
    from mlops.ml.vision.task_training import TaskModelSettings, train_task_model

    folder = _emptied(row)
    told = dict(row.options)
    chosen = TaskModelSettings(model=told.pop("model_type"), **told)
    dataset = Path(settings.MEDIA_ROOT) / row.dataset.folder
    _path, metrics = train_task_model(
        dataset, folder / row.name, chosen, code_version=settings.VERSION, on_step=on_step
    )
    _made(row, folder, metrics, commit)


def _labelled(file: FeatureFile, folder: Path) -> Path:
    """The feature file with the labels that people confirmed by now; as it is where nobody labelled the clip."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    labels = labels_by_frame(file.video)
    if not labels:
        return features_path(file)
    target = folder / file.name
    source = pq.ParquetFile(features_path(file))
    schema = source.schema_arrow
    if "label" not in schema.names:
        schema = schema.append(pa.field("label", pa.string()))
    with pq.ParquetWriter(target, schema, compression="zstd") as out:
        for batch in source.iter_batches():
            table = pa.Table.from_batches([batch])
            frames = table["frame_index"].to_pylist()
            column = pa.array([labels.get(frame) for frame in frames], pa.string())
            kept = table.drop_columns(["label"]) if "label" in table.column_names else table
            out.write_table(kept.append_column("label", column).select(schema.names).cast(schema))
    return target


def _emptied(row: FeatureDataset | FeatureModel) -> Path:
    """Its folder, without what an attempt that died has left."""
    path = Path(settings.MEDIA_ROOT) / row.folder
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _made(row: MadeByJob, folder: Path, facts: dict[str, Any], commit: Commit) -> None:
    n_bytes = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    with commit():
        known = type(row)._default_manager.filter(pk=row.pk)
        if known.update(facts=facts, n_bytes=n_bytes, made_at=timezone.now()):
            return
    shutil.rmtree(folder, ignore_errors=True)  # deleted meanwhile


def folder_names(rows: QuerySet[Any]) -> Iterator[str]:
    """Below MEDIA_ROOT, a file of each that is ready and must be there."""
    for row in rows.filter(made_at__isnull=False).iterator():
        is_dataset = isinstance(row, FeatureDataset)
        yield f"{row.folder}/metadata.json" if is_dataset else f"{row.folder}/{row.name}_metrics.json"

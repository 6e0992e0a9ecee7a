"""Vectors of many clips as one Parquet file: clip, start_s, end_s, label, vector; its schema says who made them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import NotEnoughData, UnreadableInput
from mlops.ml.limited import Limits, in_child

BY = b"fitbalance.embedding"
GENERATED = b"generated"
MAX_ROWS, MAX_WIDTH = 1_000_000, 8192
READING = Limits(memory_mib=2048, cpu_s=600, wall_s=1200, answer_mib=1024)


@dataclass(frozen=True)
class Embedded:
    """clips, labels (n,) texts; an empty label: nobody said. spans (n, 2) seconds. vectors (n, width)."""

    by: str
    clips: npt.NDArray[np.str_]
    spans: npt.NDArray[np.float64]
    labels: npt.NDArray[np.str_]
    vectors: npt.NDArray[np.float32]
    is_generated: bool = False

    def labelled(self) -> Embedded:
        """Only what has a label. Raises NotEnoughData."""
        kept = self.labels != ""
        if not kept.any():
            raise NotEnoughData("no stretch has a label")
        return Embedded(self.by, self.clips[kept], self.spans[kept], self.labels[kept], self.vectors[kept],
                        self.is_generated)  # fmt: skip


def write_embedded(path: Path, embedded: Embedded) -> None:
    """Write the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    width = embedded.vectors.shape[1]
    flat = pa.array(embedded.vectors.reshape(-1), pa.float32())
    table = pa.table({
        "clip": embedded.clips.tolist(), "start_s": embedded.spans[:, 0], "end_s": embedded.spans[:, 1],
        "label": embedded.labels.tolist(), "vector": pa.FixedSizeListArray.from_arrays(flat, width),
    })  # fmt: skip
    told = {BY: embedded.by.encode(), GENERATED: b"true" if embedded.is_generated else b"false"}
    pq.write_table(table.replace_schema_metadata(told), path)


def read_embedded(path: Path) -> Embedded:
    """Read such a file in a limited child. Raises UnreadableInput."""
    rows = in_child(read_rows, READING)(path)
    return Embedded(rows.by, np.array(rows.clips, str), rows.spans, np.array(rows.labels, str), rows.vectors,
                    rows.is_generated)  # fmt: skip


@dataclass(frozen=True)
class EmbeddedRows:
    """`Embedded` as it travels from the child."""

    by: str
    clips: list[str]
    spans: npt.NDArray[np.float64]
    labels: list[str]
    vectors: npt.NDArray[np.float32]
    is_generated: bool


def read_rows(path: Path) -> EmbeddedRows:
    """What the child does. Raises UnreadableInput."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, memory_map=False) as file:
            told = file.schema_arrow.metadata or {}
            if file.metadata.num_rows > MAX_ROWS:
                raise UnreadableInput(f"{path.name} is too large", code="too_large")
            table = file.read(use_threads=False)
        vectors = np.array(table.column("vector").to_pylist(), np.float32)
        if vectors.ndim != 2 or not 1 <= vectors.shape[1] <= MAX_WIDTH or np.isinf(vectors).any():
            raise UnreadableInput(f"{path.name} has no vectors of one length", code="damaged")
        clips, labels = ([str(one or "") for one in table.column(name).to_pylist()] for name in ("clip", "label"))
        spans = np.column_stack([table.column(name).to_numpy() for name in ("start_s", "end_s")]).astype(np.float64)
        is_generated = told.get(GENERATED) == b"true"
        return EmbeddedRows(told.get(BY, b"unknown").decode(), clips, spans, labels, vectors, is_generated)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise UnreadableInput(f"{path.name} is no file of embeddings: {str(error)[:200]}", code="damaged") from error

"""Reading recordings: rows for pages, samples and envelopes for charts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from mlops.ml.contract import BadArtifact, FloatArray
from mlops.ml.sensors.readers.plan import Float64Array
from mlops.ml.sensors.recording_file import envelope, iter_range
from sessions.models import Recording, Sample, SpanState
from web.refusals import Problem

MAX_POINTS = 4000


def recording_list(*, user) -> QuerySet[Recording]:
    """Recordings `user` may see, newest first, with counts of spans by state and labelled seconds."""
    rows = with_label_counts(Recording.objects.visible_to(user)).select_related("layout", "session__athlete__user")
    return rows.order_by("-started_at", "-pk")


def with_label_counts(rows: QuerySet) -> QuerySet:
    """Annotate n_spans, n_proposed and labelled_s (seconds of confirmed spans)."""
    confirmed = Q(spans__state=SpanState.CONFIRMED)
    return rows.annotate(
        n_spans=Count("spans"),
        n_proposed=Count("spans", filter=Q(spans__state=SpanState.PROPOSED)),
        labelled_s=Sum(F("spans__end_s") - F("spans__start_s"), filter=confirmed, default=0.0),
    )


def recording_get_for(*, user, pk) -> Recording:
    """One's own, or as coach a consenting athlete's; 404 for missing and forbidden alike."""
    rows = Recording.objects.visible_to(user).select_related("layout", "session__athlete__user")
    return get_object_or_404(rows, pk=pk)


def recording_editable_for(*, user, pk) -> Recording:
    """One's own recording; 404 for everything else."""
    rows = Recording.objects.editable_by(user).select_related("layout", "session__athlete__user")
    return get_object_or_404(rows, pk=pk)


def sample_get_for(*, user, pk) -> Sample:
    """The recording as ML staff see it, under the learning consent; 404 otherwise."""
    rows: QuerySet[Any] = Sample.objects.visible_to(user)
    return get_object_or_404(rows.select_related("layout", "session__athlete"), pk=pk)


def samples_path(recording: Recording) -> Path:
    """The Parquet file of a recording on disk."""
    return Path(settings.MEDIA_ROOT) / recording.file


def recording_envelope(
    recording: Recording, *, start_s: float = 0.0, end_s: float | None = None, max_points: int = 1000
) -> tuple[Float64Array, FloatArray, FloatArray]:
    """(t (m,), lowest (m, channels), highest (m, channels)) of a stretch; m stays below `max_points`.

    One row of NaN marks each pause longer than a second (or five sample steps, where those are longer).
    """
    step_s = 1.0 / recording.rate_hz if recording.rate_hz else 1.0
    gap_s = max(1.0, 5 * step_s)
    with readable():
        return envelope(samples_path(recording), start_s, end_s, min(max_points, MAX_POINTS), gap_s=gap_s)


def recording_samples(
    recording: Recording, *, start_s: float = 0.0, end_s: float | None = None
) -> Iterator[tuple[Float64Array, FloatArray]]:
    """(t (n,), samples (n, channels)) of start_s <= t < end_s, one row group at a time. Raises Problem 409."""
    with readable():
        yield from iter_range(samples_path(recording), start_s, end_s)


@contextmanager
def readable() -> Iterator[None]:
    """Turn a lost or damaged file into Problem 409 `unreadable_samples`: the row is fine, its file is not."""
    try:
        yield
    except BadArtifact as error:
        raise Problem(
            409, "unreadable_samples", _("The samples of this recording are damaged or missing on the server.")
        ) from error

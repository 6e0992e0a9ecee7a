"""Samples of a recording as text, streamed."""

from collections.abc import Iterator

import numpy as np

from sessions.models import Recording
from sessions.selectors.recordings import samples_path
from web.services.tables import neutralise

_ROWS = 8192


def samples_csv(recording: Recording) -> Iterator[bytes]:
    """t,channel,… with a heading; nine significant digits give every float32 back exactly."""
    from mlops.ml.sensors.recording_file import iter_range

    names = [str(neutralise(name)) for name in recording.layout.channel_names]
    yield (",".join(["t", *names]) + "\n").encode()
    for t, samples in iter_range(samples_path(recording)):
        for at in range(0, len(t), _ROWS):
            block = np.column_stack([t[at : at + _ROWS], samples[at : at + _ROWS].astype(np.float64)])
            lines = [f"{row[0]:.6f}," + ",".join(f"{value:.9g}" for value in row[1:]) for row in block.tolist()]
            yield ("\n".join(lines) + "\n").encode()

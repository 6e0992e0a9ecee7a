"""Samples of a recording as text, streamed."""

from collections.abc import AsyncIterator, Iterator

import numpy as np
from asgiref.sync import sync_to_async

from sessions.models import Recording
from sessions.selectors.recordings import recording_samples
from web.services.tables import neutralise

_ROWS = 8192


def samples_csv(recording: Recording) -> Iterator[bytes]:
    """t,channel,… with a heading; nine significant digits give every float32 back exactly."""
    names = [str(neutralise(name)) for name in recording.layout.channel_names]
    yield (",".join(["t", *names]) + "\n").encode()
    for t, samples in recording_samples(recording):
        for at in range(0, len(t), _ROWS):
            block = np.column_stack([t[at : at + _ROWS], samples[at : at + _ROWS].astype(np.float64)])
            lines = [f"{row[0]:.6f}," + ",".join(f"{value:.9g}" for value in row[1:]) for row in block.tolist()]
            yield ("\n".join(lines) + "\n").encode()


async def samples_csv_async(recording: Recording) -> AsyncIterator[bytes]:
    """The same for ASGI, where Django would first collect a plain iterator in memory."""
    pieces = samples_csv(recording)
    take = sync_to_async(lambda: next(pieces, None), thread_sensitive=False)
    while (piece := await take()) is not None:
        yield piece

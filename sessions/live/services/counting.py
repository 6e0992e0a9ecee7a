"""Live streams as operators watch them."""

from collections.abc import Iterator

from mlops.ml.prometheus import Family
from sessions.live.services.hub import streams_here


def live_figures() -> Iterator[Family]:
    """Of this process."""
    streams = Family("fitbalance_live_streams", "gauge", "Live streams whose connection this process holds.")
    streams.add(streams_here())
    yield streams

"""Workouts and what was recorded in them."""

from sessions.models.baseline import SensorBaseline
from sessions.models.check import SensorCheck
from sessions.models.layout import SensorLayout
from sessions.models.live import LiveStream, StreamChunk, StreamSource, StreamState
from sessions.models.recording import Recording, RecordingSource
from sessions.models.sample import Sample
from sessions.models.span import Span, SpanOrigin, SpanState
from sessions.models.workout import WorkoutSession

__all__ = [
    "LiveStream",
    "Recording",
    "RecordingSource",
    "Sample",
    "SensorBaseline",
    "SensorCheck",
    "SensorLayout",
    "Span",
    "SpanOrigin",
    "SpanState",
    "StreamChunk",
    "StreamSource",
    "StreamState",
    "WorkoutSession",
]

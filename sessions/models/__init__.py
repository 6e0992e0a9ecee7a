"""Workouts and what was recorded in them."""

from sessions.models.layout import SensorLayout
from sessions.models.live import LiveStream, StreamChunk, StreamState
from sessions.models.recording import Recording, RecordingSource
from sessions.models.span import Span, SpanState
from sessions.models.workout import WorkoutSession

__all__ = [
    "LiveStream", "Recording", "RecordingSource", "SensorLayout", "Span", "SpanState",
    "StreamChunk", "StreamState", "WorkoutSession",
]

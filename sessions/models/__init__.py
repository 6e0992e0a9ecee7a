"""Workouts, what was recorded and filmed in them, and what is made of it."""

from sessions.models.baseline import SensorBaseline
from sessions.models.check import SensorCheck
from sessions.models.features import Detector, FeatureDataset, FeatureFile, FeatureModel
from sessions.models.form import FormCorrection, FormOrigin, FormReport, FormShare
from sessions.models.layout import SensorLayout
from sessions.models.live import LiveStream, StreamChunk, StreamSource, StreamState
from sessions.models.recording import Recording, RecordingSource
from sessions.models.sample import Sample
from sessions.models.span import Span, SpanOrigin, SpanState
from sessions.models.video import MakingState, Video, VideoSpan
from sessions.models.workout import WorkoutSession

__all__ = [
    "Detector",
    "FeatureDataset",
    "FeatureFile",
    "FeatureModel",
    "FormCorrection",
    "FormOrigin",
    "FormReport",
    "FormShare",
    "LiveStream",
    "MakingState",
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
    "Video",
    "VideoSpan",
    "WorkoutSession",
]

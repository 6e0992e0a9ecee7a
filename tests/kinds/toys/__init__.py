"""Four pretended apps, each with a kind of another shape. Nothing of them is known to the engine.

photos  image → label                        multipart upload or base64, PNG files, some sources belong to nobody
voices  audio → text and label               multipart WAV, clips of any length, runs where torch does
clips   landmarks → score, angles, form, risk Parquet, a video belongs to a person, an answer lies in frames
days    row → number with an interval        a row is named by its id and looked up among what the caller may see
"""

from mlops.kinds.base import TaskKind
from mlops.ml.registry import register as register_estimator
from tests.kinds.toys.clips.kind import ClipForm
from tests.kinds.toys.days.kind import Readiness
from tests.kinds.toys.photos.kind import PhotoLabel
from tests.kinds.toys.voices.kind import VoiceNote

TOYS: tuple[type[TaskKind], ...] = (PhotoLabel, VoiceNote, ClipForm, Readiness)


def register_estimators() -> None:
    """What each app's AppConfig.ready() would do, besides registering its kind."""
    register_estimator("toy_photos", "toy_colours", "tests.kinds.toys.photos.estimator:Colours", data_type="images")
    register_estimator("toy_voices", "toy_tones", "tests.kinds.toys.voices.estimator:Tones", data_type="audio")
    register_estimator("toy_clips", "toy_postures", "tests.kinds.toys.clips.estimator:Postures", data_type="sequences")
    register_estimator("toy_days", "toy_line", "tests.kinds.toys.days.estimator:Line", data_type="rows")

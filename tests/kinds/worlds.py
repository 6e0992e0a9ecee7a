"""What each toy kind is asked and told: the same for the suite and for the whole life in the engine."""

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlops.kinds.questions import Payload
from mlops.kinds.shards import Source
from tests.kinds.suite import World
from tests.kinds.toys.clips.kind import ClipForm, repetition
from tests.kinds.toys.days.kind import Day, Readiness
from tests.kinds.toys.photos.kind import PhotoLabel, photo, png_bytes
from tests.kinds.toys.voices.kind import VoiceNote, note, wav_bytes

ASKED = Source("asked")


def photos(sources: Sequence[Source] | None, user: Any) -> tuple[PhotoLabel, World]:
    """Uploads and base64, one of them of nobody."""
    upload = Payload({}, {"photo": io.BytesIO(png_bytes(photo(ASKED, 1, 3)))})
    images = [base64.b64encode(png_bytes(photo(ASKED, i, 3))).decode() for i in range(3)]
    return PhotoLabel(sources), World(
        user,
        labels=("bread", "fruit", "soup"),
        input={"plate": "square"},
        payloads=[Payload({"images": images}), upload],
        refused=[
            Payload({"images": []}),
            Payload({"images": ["no base64!"]}),
            Payload({"images": [base64.b64encode(b"no picture").decode()]}),
            Payload({}, {"photo": io.BytesIO(b"no picture")}),
        ],
        corrections=["bread", "fruit", ""],
        nonsense=[3, {"label": "bread"}],
    )


def voices(sources: Sequence[Source] | None, user: Any) -> tuple[VoiceNote, World]:
    """WAV files of several lengths, and one of silence."""
    files = [{"note": io.BytesIO(wav_bytes(note(ASKED, i)[0]))} for i in (0, 3, 6)]
    silence = {"note": io.BytesIO(wav_bytes(np.zeros(400, np.float32)))}
    return VoiceNote(sources), World(
        user,
        labels=("quiet", "loud"),
        payloads=[Payload({}, file) for file in (*files, silence)],
        refused=[Payload({}, {"note": io.BytesIO(b"RIFF")}), Payload({"note": "text"})],
        corrections=[{"text": "ab", "label": "loud"}, {"text": "aa", "label": "quiet"}],
        nonsense=[{"text": "ab"}, {"text": "ab", "label": "shouted"}, 3],
    )


def clips(sources: Sequence[Source] | None, user: Any) -> tuple[ClipForm, World]:
    """Repetitions of several lengths in one request."""
    asked = [repetition(ASKED, i)[0].tolist() for i in range(3)]
    return ClipForm(sources), World(
        user,
        labels=("good", "shallow", "leaning"),
        payloads=[Payload({"repetitions": asked}), Payload({"repetitions": asked[1:2]})],
        refused=[Payload({"repetitions": [[[1, 2]]]}), Payload({"repetitions": []}), Payload({"repetitions": "many"})],
        corrections=[{"class": "good", "score": 94.0}, {"class": "leaning"}, {"score": 1.0}],
        nonsense=[{}, {"class": "upside down"}, {"score": "high"}, 3],
    )


def days(sources: Sequence[Source] | None, user: Any) -> tuple[Readiness, World]:
    """One's own row by its id, rows as numbers, and a row of which nothing is known; somebody else's row is a 404."""
    kind = Readiness(sources)
    kind.days["mine"] = Day(user.pk, "2026-11-02", {"sleep": 1.0, "load": -0.5, "noise": 0.2})
    kind.days["theirs"] = Day(-1, "2026-11-02", {"sleep": 1.0})
    return kind, World(
        user,
        input={"days_ahead": 3},
        payloads=[
            Payload({"row": "mine"}),
            Payload({"inputs": [{"sleep": 0.4}, {"load": 2}]}),
            Payload({"inputs": {}}),
        ],
        refused=[Payload({"row": "theirs"}), Payload({"row": "nobody's"}), Payload({"inputs": [{"age": 3}]})],
        corrections=[70.5, 10],
        nonsense=["high", None, True],
    )


TOYS: dict[str, Callable[[Sequence[Source] | None, Any], tuple[Any, World]]] = {
    "toy_photo": photos,
    "toy_voice": voices,
    "toy_clip": clips,
    "toy_day": days,
}

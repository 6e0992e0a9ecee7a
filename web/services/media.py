"""The gate for videos, pictures and sound: what a file really is, before anything of ours opens it.

Its first bytes say which container it is (a web page, a playlist or an archive named .mp4 goes no further); a limited
child then reads sizes from its headers and tries its first frame.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.utils.translation import gettext as _

from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits, in_child
from mlops.ml.media_probe import examine
from web.refusals import Problem
from web.services.sniff import AUDIO, IMAGE, VIDEO, FileKind, require_kind

LIMITS = Limits(memory_mib=1024, cpu_s=60, wall_s=90, file_mib=1)


class MediaKind(StrEnum):
    """What a file is wanted as."""

    VIDEO = "video"
    IMAGE = "image"
    AUDIO = "audio"


_ALLOWED = {MediaKind.VIDEO: VIDEO | {FileKind.GIF}, MediaKind.IMAGE: IMAGE, MediaKind.AUDIO: AUDIO}


@dataclass(frozen=True)
class Media:
    """What the file holds; what does not apply is 0 or empty. Sizes in pixels, `rate_hz` in frames a second."""

    kind: str
    container: str
    width: int = 0
    height: int = 0
    rate_hz: float = 0.0
    duration_s: float = 0.0
    codec: str = ""
    audio_rate_hz: int = 0
    audio_codec: str = ""


def media_check(path: Path, kind: MediaKind) -> Media:
    """Look at a file before it is used as media. Jobs that let the Problem through fail with its code, untried again.

    Raises Problem 415 `wrong_type`, `polyglot`, `codec_not_allowed`; 413 `too_many_pixels`, `too_long`; 422
    `rate_too_high`, `unreadable_media`.
    """
    if path.stat().st_size == 0:
        raise _unreadable()
    container = require_kind(path, _ALLOWED[kind])
    try:
        answer = in_child(examine, LIMITS)(str(kind), str(container), path.resolve())
    except UnreadableInput as error:  # ended by its limits, or by a decoder's bug
        if error.code == "busy":
            raise Problem(503, "busy", f"{error}.".capitalize(), headers={"Retry-After": "60"}) from error
        raise _unreadable() from error
    if "status" in answer:
        raise Problem(answer["status"], answer["code"], answer["detail"])
    return Media(**answer)


def _unreadable() -> Problem:
    return Problem(422, "unreadable_media", _("This file is damaged, empty or incomplete and cannot be played."))

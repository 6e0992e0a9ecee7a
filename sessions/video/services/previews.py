"""Copies of clips that browsers cannot play: asked for when a clip was read, made by a job."""

import logging
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from mlops.jobs.services.jobs import QuotaExceeded, job_create
from mlops.models import Job
from sessions.models import Video
from sessions.video.selectors.playing import PREVIEW, is_played_as_it_is, playable_of, preview_key, preview_path
from sessions.video.services.extraction import Step

logger = logging.getLogger(__name__)


def preview_wanted(*, video: Video) -> Job | None:
    """Its job, or the one that runs already; None where nothing is to be made. Raises QuotaExceeded."""
    if not video.is_ready or playable_of(video) is not None:
        return None
    return job_create(
        kind=PREVIEW, title=_("Make %(video)s playable") % {"video": video.title}, owner=video.owner,
        parameters={"video": str(video.pk)}, dedupe_key=preview_key(video),
    )  # fmt: skip


def preview_after_reading(*, video: Video) -> None:
    """The same for a job that has just read the clip: a full queue is no reason to fail it."""
    try:
        preview_wanted(video=video)
    except QuotaExceeded as error:
        logger.info("no preview of %s for now: %s", video.pk, error)


def preview_make(*, video: Video, context: Step) -> None:
    """Write the copy beside the original, whole or not at all. Raises UnreadableInput, Cancelled."""
    from mlops.ml.limited import Limits, in_child
    from mlops.ml.vision.video.facts import read_facts
    from mlops.ml.vision.video.preview import preview_of

    if is_played_as_it_is(video):
        return
    source: Path = Path(settings.MEDIA_ROOT) / video.file
    target = preview_path(video)
    part = target.with_name(f".{target.name}.part")
    looking = Limits(memory_mib=1536, cpu_s=300, wall_s=600, file_mib=1)
    facts: Any = in_child(read_facts, looking)(source)
    try:
        preview_of(source, facts, part, lambda n: context.step(n, len(facts.t_s), _("Making it playable")))
        with context.commit(final=False):
            more = part.stat().st_size - (target.stat().st_size if target.is_file() else 0)
            if Video.all_with_deleted.filter(pk=video.pk).update(n_bytes=F("n_bytes") + more):
                os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)

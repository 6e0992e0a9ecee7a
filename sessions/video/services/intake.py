"""A program brings a clip and wants its features in one go."""

from typing import Any

from django.utils.translation import gettext as _

from sessions.models import FeatureFile, Video
from sessions.video.services.extraction import Wish, feature_file_wanted
from sessions.video.services.frame_labels import Rows, frame_labels_csv
from sessions.video.services.label_files import video_labels_import
from sessions.video.services.videos import About, video_from_file, video_from_upload
from web.models import Upload
from web.refusals import Problem


def video_take_in(
    *, owner: Any, file: Any, upload: Upload | None, rights: str, wish: Wish, labels: Rows | None
) -> FeatureFile:
    """The feature file that will be there, of a new clip or of one that the owner has already (labels are added then).

    Raises what `video_from_file` raises; Problem 400 `bad_label_file`; QuotaExceeded.
    """
    about = About(rights=rights or _("Brought in by its owner, who answers for the rights."))
    try:
        if upload is not None:
            added = video_from_upload(owner=owner, upload=upload, about=about, wish=wish, labels=labels)
        else:
            added = video_from_file(owner=owner, file=file, about=about, wish=wish, labels=labels)
    except Problem as problem:
        if problem.code != "duplicate":
            raise
        video = Video.objects.get(owner=owner, pk=problem.extra["video"])
        if labels and video.is_ready:
            video_labels_import(video=video, data=frame_labels_csv(labels).encode(), by=owner)
        return feature_file_wanted(video=video, wish=wish)
    assert added.features is not None
    return added.features

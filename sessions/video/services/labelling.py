"""What the page of a video needs to start, as plain values for its script."""

from typing import Any

from django.urls import reverse

from sessions.models import FeatureFile, Video
from sessions.selectors.spans import label_sets_for_videos


def video_labelling_config(*, video: Video, features: FeatureFile | None, user: Any) -> dict[str, Any]:
    """Addresses, facts and label sets."""
    address = {
        what: reverse(f"workouts_api:video_{what}", args=[video.pk])
        for what in ("envelope", "spans", "review", "spans_decide", "poses", "alignment")
    }
    chosen = f"?features={features.name}" if features else ""
    address["envelope"] = f"{address['envelope']}{chosen}" if features else ""
    address["alignment"] = f"{address['alignment']}{chosen}" if features else ""
    address["poses"] = f"{address['poses']}{chosen}" if features else ""
    return {
        "urls": address,
        "video": str(video.pk),
        "every": features.sample_rate if features else 1,
        "duration_s": video.duration_s,
        "rate_hz": video.rate_hz,
        "reviewed": video.reviewed_at is not None,
        "label_sets": label_sets_for_videos(user=user),
    }

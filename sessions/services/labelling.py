"""What the labelling page needs to start, as plain values for its script."""

from typing import Any

from django.urls import reverse

from sessions.models import Recording


def labelling_config(*, recording: Recording, of_samples: bool, label_sets: list[dict[str, Any]]) -> dict[str, Any]:
    """Addresses, facts and label sets; never a name or a file name, so that it serves the staff page too."""
    root = "sample" if of_samples else "recording"
    address = {
        what: reverse(f"workouts_api:{root}_{what}", args=[recording.pk])
        for what in ("envelope", "spans", "review", "spans_decide")
    }
    return {
        "urls": address,
        "recording": str(recording.pk),
        "duration_s": recording.duration_s,
        "rate_hz": recording.rate_hz,
        "reviewed": recording.reviewed_at is not None,
        "label_sets": label_sets,
    }

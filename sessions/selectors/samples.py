"""What ML staff may look at: samples under the learning consent, by pseudonym."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from sessions.models import Sample
from sessions.selectors.recordings import with_label_counts

FILTERS = {
    "unlabelled": _("Without labels"),
    "proposed": _("To confirm"),
    "open": _("Not reviewed"),
    "generated": _("Generated"),
    "real": _("From people"),
}


def sample_list(*, user, show: str = "", layout: str = "", subject: str = "") -> QuerySet[Sample]:
    """Samples `user` may see, those with proposals first, then the newest; narrowed by one of FILTERS."""
    rows = with_label_counts(Sample.objects.visible_to(user)).select_related("layout", "session__athlete")
    if show == "unlabelled":
        rows = rows.filter(n_spans=0)
    elif show == "proposed":
        rows = rows.filter(n_proposed__gt=0)
    elif show == "open":
        rows = rows.filter(reviewed_at__isnull=True)
    elif show == "generated":
        rows = rows.filter(source="generated")
    elif show == "real":
        rows = rows.exclude(source="generated")
    if layout:
        rows = rows.filter(layout__key=layout)
    if subject:
        rows = rows.filter(session__athlete__pseudonym=subject)
    return rows.order_by("-n_proposed", "-created_at", "-pk")


def sample_next(*, user, after) -> Sample | None:
    """The sample to label next: one with proposals, else one that nobody reviewed; never `after` itself.

    A heart rate shows no exercise: nobody is asked to label one.
    """
    rows: QuerySet[Any] = sample_list(user=user).exclude(pk=after).exclude(layout__key="heart_rate")
    return rows.filter(n_proposed__gt=0).first() or rows.filter(reviewed_at__isnull=True).first()


def sample_layouts(*, user) -> list[tuple[str, str]]:
    """(key, title) of the layouts that visible samples have."""
    return list(
        Sample.objects.visible_to(user).order_by("layout__title").values_list("layout__key", "layout__title").distinct()
    )

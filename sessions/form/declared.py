"""What form reports declare to the site; called from sessions/declarations.py."""

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete, pre_delete
from django.utils.translation import gettext_lazy as _

from mlops.jobs import chores
from sessions import models
from sessions.form.services.bin import FORM_REPORTS, reports_expire, reports_withdrawn
from sessions.form.services.reports import (
    report_after_features,
    report_files,
    report_files_remove,
    report_names,
    reports_in_bin,
    reports_kept,
    reports_of_mirror_remove,
)
from sessions.form.services.sharing import shares_expire
from sessions.form.services.shelf import SiteRepetitions
from sessions.selectors.form_repetitions import repetition_shelf_register
from sessions.video.services.extraction import features_made
from web.registries import bin, consent, nav, personal_data, storage, stored_files

ATHLETE = frozenset({"athlete"})


def register() -> None:
    """Personal data, storage, chores, navigation; a report after each extraction."""
    from sessions.form import jobs  # noqa: F401  registers the job kinds, which need the models to be loaded

    features_made.connect(report_after_features, dispatch_uid="form.report_after_features")
    post_delete.connect(report_files_remove, models.FormReport, dispatch_uid="form.report_files_remove")
    pre_delete.connect(reports_of_mirror_remove, models.WorkoutSession, dispatch_uid="form.reports_of_mirror_remove")
    repetition_shelf_register(SiteRepetitions())
    table = personal_data.PersonalTable
    shares, corrections = models.FormShare.objects, models.FormCorrection.objects
    personal_data.register(
        table(
            models.FormShare, lambda user: shares.filter(report__in=_reports(user)), secret_fields=("secret_hash",),
            order=10,
        )
    )  # fmt: skip
    personal_data.register(
        table(
            models.FormCorrection, lambda user: corrections.filter(Q(report__in=_reports(user)) | Q(author=user)),
            order=15,
        )
    )  # fmt: skip
    personal_data.register(table(models.FormReport, _reports, files=report_files, order=18))
    stored_files.register(models.FormReport, report_names)
    storage.register(storage.Usage(_("Form reports"), 29, reports_kept))
    storage.register(storage.Usage(_("Form reports, recently deleted"), 29, reports_in_bin))
    bin.register(FORM_REPORTS)
    consent.on_withdrawn(reports_withdrawn)
    chores.register(chores.Chore("form.bin", 3600, reports_expire))
    chores.register(chores.Chore("form.shares", 3600, shares_expire))
    also = ("workouts:form_report",)
    nav.register(nav.NavEntry(_("Form"), "workouts:form_reports", "form", ATHLETE, 36, also=also))


def _reports(user: Any) -> QuerySet:
    return models.FormReport.all_with_deleted.filter(Q(owner=user) | Q(athlete__user=user))

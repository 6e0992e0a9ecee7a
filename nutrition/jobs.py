"""Background work of nutrition."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mlops.jobs.kinds import JobContext, JobFailed, job_kind
from mlops.ml.parts.store import PartMissing
from nutrition.foods.services.imports import PART_JOB, part_import


@job_kind(PART_JOB, queue="train", timeout_s=4 * 3600)
def foods_of_part(context: JobContext) -> dict[str, Any]:
    """Read the fetched foods of the USDA; a second attempt brings up to date what the first one kept."""

    def on_step(done: int, total: int) -> None:
        context.step(done, total, _("Reading foods"))

    try:
        read = part_import(on_step)
    except PartMissing as error:
        raise JobFailed(error.code, _("The part with the foods of the USDA is not here any more.")) from error
    n = read.n_foods
    return {"text": ngettext("%(n)s food can be found now.", "%(n)s foods can be found now.", n) % {"n": n}}

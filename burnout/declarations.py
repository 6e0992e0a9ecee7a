"""What this app declares to the site: personal data, demo life, navigation, job kinds, chores."""

from django.utils.translation import gettext_lazy as _

from burnout import models
from burnout.recipes import recipes_register
from burnout.selectors.readiness import readiness_of
from burnout.services.checkins import DAYS, bin_expire, bin_withdrawn
from burnout.services.demo import demo_make, demo_remove
from burnout.services.judging import outcomes_judge
from burnout.services.review import verdicts_withdrawn
from mlops.jobs.chores import Chore
from mlops.jobs.chores import register as chore
from web.registries import bin, consent, demo, nav, personal_data, readiness

ATHLETE = frozenset({"athlete"})
COACH = frozenset({"coach"})


def register() -> None:
    """Called once from AppConfig.ready()."""
    from burnout import jobs  # noqa: F401  registers the job kinds, which need the models to be loaded

    recipes_register()
    personal_data.register(
        personal_data.PersonalTable(
            models.CheckIn, lambda user: models.CheckIn.all_with_deleted.filter(athlete__user=user), order=30
        )
    )
    for model in (models.RiskEstimate, models.Outcome):
        personal_data.register(
            personal_data.PersonalTable(
                model, lambda user, rows=model.objects: rows.filter(athlete__user=user), order=30
            )
        )
    personal_data.register(
        personal_data.PersonalTable(
            models.DayVerdict, lambda user: models.DayVerdict.objects.filter(athlete__user=user), secret_fields=("by",),
            order=30,
        )
    )
    consent.on_withdrawn(verdicts_withdrawn)
    consent.on_withdrawn(bin_withdrawn)
    bin.register(DAYS)
    chore(Chore("recovery.bin", 3600, bin_expire))
    chore(Chore("evaluate risks against outcomes", 1800, outcomes_judge))
    readiness.register(readiness_of)
    demo.register(demo.DemoPart("burnout", 60, demo_make, demo_remove))
    nav.register(nav.NavEntry(_("Recovery"), "burnout:recovery", "heart", ATHLETE, 35))
    of_team = ("burnout:team", "burnout:athlete")
    nav.register(nav.NavEntry(_("Recovery"), "burnout:teams", "heart", COACH, 15, also=of_team))

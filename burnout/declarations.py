"""What this app declares to the site: personal data, demo life, navigation, job kinds."""

from burnout import models
from burnout.production import production_register
from burnout.services.demo import demo_make, demo_remove
from web.registries import demo, nav, personal_data

ATHLETE = frozenset({"athlete"})
COACH = frozenset({"coach"})


def register() -> None:
    """Called once from AppConfig.ready()."""
    from burnout import jobs  # noqa: F401  registers the job kinds, which need the models to be loaded

    production_register()
    for model in (models.RiskEstimate, models.CheckIn, models.Outcome):
        personal_data.register(
            personal_data.PersonalTable(
                model, lambda user, rows=model.objects: rows.filter(athlete__user=user), order=30
            )
        )
    demo.register(demo.DemoPart("burnout", 60, demo_make, demo_remove))
    nav.register(nav.NavEntry("Recovery", "burnout:recovery", "heart", ATHLETE, 35))
    nav.register(nav.NavEntry("Recovery", "burnout:teams", "heart", COACH, 15))

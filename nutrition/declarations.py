"""What this app declares to the site; each room declares its own."""

from nutrition.diary import declared as diary
from nutrition.foods import declared as foods
from nutrition.photos import declared as photos


def register() -> None:
    """Called once from AppConfig.ready()."""
    from nutrition import jobs  # noqa: F401  registers the job kinds, which need the models to be loaded

    foods.register()
    diary.register()
    photos.register()

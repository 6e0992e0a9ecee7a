"""The report of a continued training, on the pages of its run and of its version."""

from typing import Any

from mlops.registry.models import ModelVersion
from mlops.training.selectors.comparison import version_of
from mlops.training.selectors.continued import continued_of


def run_continued(run: Any, user: Any) -> dict[str, Any] | None:
    """Nothing for a run that started anew or has no version yet."""
    version = version_of(run)
    return None if version is None else version_continued(version, user)


def version_continued(version: Any, user: Any) -> dict[str, Any] | None:
    """Nothing for a version that was trained from nothing."""
    found = continued_of(version)
    if found is None:
        return None
    exists = ModelVersion.objects.visible_to(user).filter(pk=found.parent_pk).exists()
    return {"continued": found, "parent_exists": exists}

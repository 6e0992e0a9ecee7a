"""What somebody may see of an athlete's body."""

from dataclasses import dataclass
from typing import Any

from accounts.models import Athlete, CoachScope


@dataclass(frozen=True)
class Body:
    """In SI; None: not given, or not for this reader."""

    height_m: float | None = None
    mass_kg: float | None = None


def body_shown(*, user: Any, athlete: Athlete) -> Body:
    """All to oneself; to a coach the height with videos, the weight with nutrition."""
    if athlete.user_id == user.pk:
        return Body(athlete.height_m, athlete.mass_kg)

    def shared(scope: str) -> bool:
        return Athlete.objects.visible_to(user, scope).filter(pk=athlete.pk).exists()

    return Body(
        athlete.height_m if shared(CoachScope.FORM_VIDEO) else None,
        athlete.mass_kg if shared(CoachScope.NUTRITION) else None,
    )

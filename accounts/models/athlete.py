"""The person whose body the data is about."""

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.crypto import get_random_string


def new_pseudonym() -> str:
    """A random name by which ML staff and datasets know an athlete; it tells nothing about the person."""
    return "p" + get_random_string(10, "abcdefghjkmnpqrstuvwxyz23456789")


class AthleteQuerySet(QuerySet["Athlete"]):
    def visible_to(self, user, scope: str | None = None) -> "AthleteQuerySet":
        """Athletes whose rows `user` may see: oneself, or as coach through membership and consent.

        `scope` is a CoachScope value; None asks only for an active membership (name on the team list).
        """
        from accounts.models.consent import Consent, ConsentKind
        from accounts.models.team import Membership, TeamRole

        if not user.is_authenticated:
            return self.none()
        own = Q(user=user)
        if not user.is_coach:
            return self.filter(own)
        coached = Membership.objects.active().filter(user=user, role=TeamRole.COACH).values("team")
        athletes = Membership.objects.active().filter(team__in=coached, role=TeamRole.ATHLETE)
        if scope is None:
            return self.filter(own | Q(user__in=athletes.values("user")))
        consents = Consent.objects.active().filter(kind=ConsentKind.COACH, scope=scope, team__in=coached)
        consents = consents.filter(
            models.Exists(athletes.filter(team=models.OuterRef("team"), user=models.OuterRef("athlete__user")))
        )
        return self.filter(own | Q(pk__in=consents.values("athlete")))

    def learnable(self, scope: str) -> "AthleteQuerySet":
        """Athletes who let their data of this LearningScope teach models."""
        from accounts.models.consent import Consent, ConsentKind

        consents = Consent.objects.active().filter(kind=ConsentKind.LEARNING, scope=scope)
        return self.filter(pk__in=consents.values("athlete"))


HEIGHT_M = (0.5, 2.8)
MASS_KG = (20.0, 400.0)
"""What is taken for a body: wider than people are known to be, narrow enough for a slip of the unit to show."""


class Athlete(models.Model):
    """One per person who trains. Product rows (workouts, recordings, …) belong to it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="athlete")
    pseudonym = models.CharField(max_length=16, unique=True, default=new_pseudonym, editable=False)
    height_m = models.FloatField(null=True, blank=True)
    """Body height; None: not given. It scales videos."""
    mass_kg = models.FloatField(null=True, blank=True)
    """Body mass now; None: not given."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AthleteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(height_m__isnull=True) | Q(height_m__range=HEIGHT_M), name="height_of_a_body"
            ),
            models.CheckConstraint(
                condition=Q(mass_kg__isnull=True) | Q(mass_kg__range=MASS_KG), name="mass_of_a_body"
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

"""What ML staff see of a recording: samples and labels under a pseudonym, never whose they are."""

from sessions.models.recording import Recording, RecordingQuerySet
from web.models.binned import kept


class SampleQuerySet(RecordingQuerySet):
    def visible_to(self, user) -> "SampleQuerySet":
        """ML staff see recordings whose athlete consents that sensor data teaches models; nobody else."""
        if not (user.is_authenticated and user.is_ml_staff):
            return self.none()
        return self.learnable()

    def editable_by(self, user) -> "SampleQuerySet":
        """ML staff label what they see."""
        return self.visible_to(user)


class Sample(Recording):
    """The same row as the Recording, reached only through the learning consent."""

    objects = kept(SampleQuerySet)

    class Meta:
        proxy = True

    @property
    def pseudonym(self) -> str:
        return self.session.athlete.pseudonym

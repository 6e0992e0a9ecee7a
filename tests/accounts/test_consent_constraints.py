"""One active consent per scope, also where no team is named."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Athlete, Consent
from tests import people


@pytest.mark.django_db
def test_a_learning_scope_is_active_once() -> None:
    athlete = Athlete.objects.create(user=people.make_user("ama"))
    Consent.objects.create(athlete=athlete, kind="learning", scope="sensor")
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(athlete=athlete, kind="learning", scope="sensor")
    Consent.objects.create(athlete=athlete, kind="learning", scope="photo")

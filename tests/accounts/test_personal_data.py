"""Every table says whose data it holds: a new one without a declaration fails here."""

import pytest
from django.apps import apps

from accounts.models import User
from web.registries import personal_data
from web.registries.personal_data import Erase

OURS = {"web", "accounts", "mlops", "workouts", "burnout", "nutrition", "coaching", "speech"}


def concrete_models():
    return [
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    ]


def declared():
    return {table.model for table in personal_data.tables()} | set(personal_data.exemptions())


def is_link_table(model):
    """A many-to-many table: its rows go with either end."""
    return bool(model._meta.auto_created)


@pytest.mark.parametrize("model", concrete_models(), ids=lambda model: model._meta.label)
def test_every_table_is_declared(model):
    assert is_link_table(model) or model in declared(), (
        f"{model._meta.label}: call web.registries.personal_data.register or exempt in the app's declarations.py"
    )


def test_nothing_is_both_registered_and_exempt():
    registered = {table.model for table in personal_data.tables()}
    assert not registered & set(personal_data.exemptions())


def test_exemptions_do_not_point_at_people():
    """A table that may be exempt holds no key to a user, unless the reason says that it goes with its parent."""
    suspicious = [
        f"{model._meta.label}: {reason}"
        for model, reason in personal_data.exemptions().items()
        if model._meta.app_label in OURS
        and any(field.related_model is User for field in model._meta.concrete_fields if field.is_relation)
        and not any(
            word in reason.lower() for word in ("goes with", "cascade", "set to null", "nobody", "without", "pseudonym")
        )
    ]
    assert not suspicious, suspicious


@pytest.mark.django_db
def test_every_declaration_can_be_asked(athlete_user):
    for table in personal_data.tables():
        rows = table.rows(athlete_user)
        assert rows.model is table.model, table.model._meta.label
        rows.order_by("pk").first()
        names = {field.name for field in table.model._meta.concrete_fields}
        assert set(table.secret_fields) <= names, table.model._meta.label
        assert (table.erase is Erase.ANONYMISE) == (table.anonymise is not None), table.model._meta.label


def test_the_account_goes_last():
    assert personal_data.tables()[-1].model is User

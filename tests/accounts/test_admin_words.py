"""The admin speaks the reader's language: names of tables and columns, without a migration for a word."""

from io import StringIO

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.utils import translation

from accounts.admin.words import COLUMNS, TABLES

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_table_and_column_of_the_admin_has_words_to_translate(model):
    inlines = [one.model for one in admin.site._registry[model].inlines]
    for table in (model, *inlines):
        fields = [field for field in table._meta.fields if not field.primary_key]
        plain = [field.name for field in fields if isinstance(field.verbose_name, str)]
        assert (isinstance(table._meta.verbose_name, str), plain) == (False, []), "name them in accounts/admin/words.py"


def test_german_has_all_of_them():
    names = {str(one) for pair in TABLES.values() for one in pair} | {str(one) for one in COLUMNS.values()}
    same = {"alias", "details", "name", "version", "team", "teams", "curve", "job", "jobs"}
    with translation.override("de"):
        untold = {name for name in names if translation.gettext(name) == name} - same
    assert untold == set()


def test_a_page_of_the_admin_is_german_and_the_schema_is_not(browse, api, administrator_user):
    administrator_user.language = "de"
    administrator_user.save()
    page = browse(administrator_user).get("/admin/accounts/user/").content.decode()
    assert "Demodaten" in page
    assert "Is demo" not in page
    with translation.override("de"):
        assert "Demodaten" not in api(administrator_user).get("/api/schema/").content.decode()


def test_words_need_no_migration():
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())

"""The language in which a person reads the site."""

from django.db import migrations, models

import accounts.models.user


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_names_and_mail")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True, default="", max_length=8, validators=[accounts.models.user.validate_language]
            ),
        ),
    ]

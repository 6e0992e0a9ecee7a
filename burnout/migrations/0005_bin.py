"""Deleted check-ins can be restored for 30 days; a new check-in may use their day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_names_and_mail"), ("burnout", "0004_titles")]

    operations = [
        migrations.RemoveConstraint("checkin", "one_checkin_per_day"),
        migrations.AddField(
            "checkin", "deleted_at", models.DateTimeField(blank=True, db_index=True, editable=False, null=True)
        ),
        migrations.AddConstraint(
            "checkin",
            models.UniqueConstraint(
                condition=models.Q(("deleted_at__isnull", True)), fields=("athlete", "day"), name="one_checkin_per_day"
            ),
        ),
    ]

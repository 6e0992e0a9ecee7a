"""How much a recording takes on disk, so that an account's sum is one query."""

from pathlib import Path

from django.conf import settings
from django.db import migrations, models


def measure(apps, schema_editor):
    Recording = apps.get_model("workouts", "Recording")
    for pk in Recording.objects.values_list("pk", flat=True).iterator():
        folder = Path(settings.MEDIA_ROOT, "recordings", str(pk))
        n_bytes = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
        Recording.objects.filter(pk=pk).update(n_bytes=n_bytes)


class Migration(migrations.Migration):

    dependencies = [
        ("workouts", "0002_signal"),
    ]

    operations = [
        migrations.AddField(
            model_name="recording",
            name="n_bytes",
            field=models.PositiveBigIntegerField(default=0, editable=False),
        ),
        migrations.RunPython(measure, migrations.RunPython.noop),
    ]

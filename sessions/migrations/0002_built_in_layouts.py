"""The layouts that every installation knows: FlexTail and motion sensors of 6 and 9 axes."""

from django.db import migrations

from mlops.ml.sensors.layouts import BUILT_IN


def add(apps, schema_editor) -> None:
    SensorLayout = apps.get_model("workouts", "SensorLayout")
    for layout in BUILT_IN.values():
        declared = layout.to_dict()
        SensorLayout.objects.get_or_create(
            key=layout.name,
            defaults={"title": layout.title, "channels": declared["channels"], "rate_hz": layout.rate_hz},
        )


class Migration(migrations.Migration):
    dependencies = [("workouts", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]

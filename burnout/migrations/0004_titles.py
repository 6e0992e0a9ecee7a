"""The shipped tasks are called what people call them; a title that somebody changed stays."""

from django.db import migrations

TITLES = {
    "burnout-curve": ("Burnout: when", "Time to burnout"),
    "burnout-forest": ("Burnout: whether (forest)", "Burnout risk"),
    "burnout-boosting": ("Burnout: whether (boosting)", "Burnout risk, second opinion"),
}


def rename(apps, schema_editor):
    for name, (old, new) in TITLES.items():
        apps.get_model("mlops", "Task").objects.filter(name=name, title=old).update(title=new)


def back(apps, schema_editor):
    for name, (old, new) in TITLES.items():
        apps.get_model("mlops", "Task").objects.filter(name=name, title=new).update(title=old)


class Migration(migrations.Migration):

    dependencies = [
        ('burnout', '0003_words'),
        ('mlops', '0005_evaluated_subjects'),
    ]

    operations = [migrations.RunPython(rename, back)]

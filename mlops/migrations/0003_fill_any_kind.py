"""What the new columns hold for rows of before, and the new names of counts in JSON."""

from django.db import migrations, models

KEYS = {"n_windows": "n_examples", "labelled_s_at_build": "amount_at_build"}
BATCH = 500


def _renamed(value):
    """The same JSON with the old keys of counts renamed."""
    if isinstance(value, dict):
        return {KEYS.get(key, key): _renamed(inner) for key, inner in value.items()}
    return [_renamed(inner) for inner in value] if isinstance(value, list) else value


def _rename_facts(apps, schema_editor):
    for name, field in (("Dataset", "facts"), ("ModelVersion", "metrics")):
        model = apps.get_model("mlops", name)
        for row in model.objects.only("pk", field).iterator(chunk_size=BATCH):
            old = getattr(row, field)
            if (new := _renamed(old)) != old:
                model.objects.filter(pk=row.pk).update(**{field: new})


def _fill(apps, schema_editor):
    subjects = apps.get_model("mlops", "DatasetSubject").objects
    subjects.filter(redacted_at__isnull=True).update(owner=models.F("subject"))
    feedback = apps.get_model("mlops", "Feedback").objects
    feedback.filter(label=models.F("answered")).update(agreement=1.0)
    items = apps.get_model("mlops", "ReviewItem").objects
    for row in items.only("pk", "scores").iterator(chunk_size=BATCH):
        if row.scores:
            best = row.scores[0]
            items.filter(pk=row.pk).update(said={"label": best["label"], "confidence": best["score"]})


class Migration(migrations.Migration):
    dependencies = [("mlops", "0002_any_kind")]

    operations = [
        migrations.RunPython(_rename_facts, migrations.RunPython.noop),
        migrations.RunPython(_fill, migrations.RunPython.noop),
    ]

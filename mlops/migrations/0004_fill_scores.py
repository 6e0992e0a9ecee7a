"""Versions and promotions made before scores and numbers were kept get theirs."""

from django.db import migrations


def fill(apps, schema_editor):
    """Every kind so far names labels, so that its primary metric is the accuracy; at-least gates get their new form."""
    version_model = apps.get_model("mlops", "ModelVersion")
    for version in version_model.objects.filter(score__isnull=True).iterator(100):
        value = version.metrics.get("accuracy")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            version_model.objects.filter(pk=version.pk).update(score=value)
    for event in apps.get_model("mlops", "PromotionEvent").objects.select_related("from_version", "to_version"):
        event.from_number = event.from_version.number if event.from_version else None
        event.to_number = event.to_version.number if event.to_version else None
        event.action = "rollback" if event.is_rollback else "promote"
        event.save(update_fields=["from_number", "to_number", "action"])
    for task in apps.get_model("mlops", "Task").objects.all():
        gates = {name: gate if isinstance(gate, dict) else {"least": gate} for name, gate in task.gates.items()}
        if gates != task.gates:
            task.gates = gates
            task.save(update_fields=["gates"])


class Migration(migrations.Migration):
    dependencies = [("mlops", "0003_studies_and_registry")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

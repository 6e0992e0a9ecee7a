"""Which version said an estimate, estimates without a band, and what was decided about days."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def fill_versions(apps, schema_editor):
    """Estimates named their version in words alone: "burnout-curve v1"."""
    rows = apps.get_model("burnout", "RiskEstimate").objects
    versions = apps.get_model("mlops", "ModelVersion").objects
    for title in rows.order_by().values_list("model", flat=True).distinct():
        task, _, number = title.rpartition(" v")
        version = versions.filter(task__name=task, number=number).first() if number.isdigit() else None
        if version is not None:
            rows.filter(model=title).update(version=version)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('burnout', '0001_site_0_1'),
        ('mlops', '0003_fill_any_kind'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='riskestimate',
            name='version',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mlops.modelversion'),
        ),
        migrations.RunPython(fill_versions, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='riskestimate',
            name='high',
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name='riskestimate',
            name='low',
            field=models.FloatField(null=True),
        ),
        migrations.CreateModel(
            name='DayVerdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('outcome', models.CharField(choices=[('burnout', 'Burnout'), ('injury', 'Injury'), ('illness', 'Illness')], max_length=7)),
                ('verdict', models.CharField(choices=[('use', 'Learn from it'), ('leave_out', 'Leave it out')], max_length=9)),
                ('at', models.DateTimeField(auto_now=True)),
                ('athlete', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='day_verdicts', to='accounts.athlete')),
                ('by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('athlete', 'day', 'outcome'), name='one_verdict_per_day_and_outcome')],
            },
        ),
    ]

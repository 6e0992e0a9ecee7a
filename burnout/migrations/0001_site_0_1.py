"""The tables of version 0.1 in one step. A site of that version has applied `replaces` already."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("burnout", "0001_days"),
        ("burnout", "0002_other_risks"),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('sleep_hours', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(24)])),
                ('sleep_quality', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(7)])),
                ('stress', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(7)])),
                ('soreness', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(7)])),
                ('mood', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(7)])),
                ('fatigue', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(7)])),
                ('rpe', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)])),
                ('minutes', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1440)])),
                ('workload', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10000)])),
                ('hrv_rmssd', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(400)])),
                ('hrv_sdnn', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(400)])),
                ('resting_hr', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(25), django.core.validators.MaxValueValidator(150)])),
                ('is_injured', models.BooleanField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('source', models.CharField(choices=[('web', 'Answered here'), ('api', 'Sent by a program'), ('csv', 'Imported from a file'), ('apple', 'Apple Health'), ('demo', 'Generated')], default='web', max_length=5)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('is_demo', models.BooleanField(default=False, editable=False)),
                ('athlete', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checkins', to='accounts.athlete')),
            ],
            options={
                'ordering': ['-day', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('athlete', 'day'), name='one_checkin_per_day')],
            },
        ),
        migrations.CreateModel(
            name='Outcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('burnout', 'Burnout'), ('injury', 'Injury'), ('illness', 'Illness')], max_length=7)),
                ('began_on', models.DateField()),
                ('ended_on', models.DateField(blank=True, null=True)),
                ('judged_by', models.CharField(choices=[('self', 'The athlete'), ('coach', 'A coach'), ('professional', 'A doctor or psychologist')], default='self', max_length=12)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('is_demo', models.BooleanField(default=False, editable=False)),
                ('athlete', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outcomes', to='accounts.athlete')),
                ('entered_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-began_on', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('athlete', 'kind', 'began_on'), name='one_outcome_of_a_kind_per_day')],
            },
        ),
        migrations.CreateModel(
            name='RiskEstimate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('horizon_days', models.PositiveSmallIntegerField()),
                ('risk', models.FloatField()),
                ('low', models.FloatField()),
                ('high', models.FloatField()),
                ('usual', models.FloatField()),
                ('curve', models.JSONField(default=list)),
                ('drivers', models.JSONField(default=list)),
                ('others', models.JSONField(default=list)),
                ('n_days', models.PositiveSmallIntegerField()),
                ('n_known', models.PositiveSmallIntegerField()),
                ('model', models.CharField(max_length=120)),
                ('is_generated', models.BooleanField()),
                ('created_at', models.DateTimeField(auto_now=True)),
                ('is_demo', models.BooleanField(default=False, editable=False)),
                ('athlete', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='risk_estimates', to='accounts.athlete')),
            ],
            options={
                'ordering': ['-day', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('athlete', 'day'), name='one_estimate_per_day')],
            },
        ),
    ]

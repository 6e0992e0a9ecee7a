"""The tables of version 0.1 in one step. A site of that version has applied `replaces` already."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("workouts", "0001_initial"),
        ("workouts", "0002_guided_takes"),
        ("workouts", "0003_stream_continues"),
        ("workouts", "0004_sets_and_baselines"),
        ("workouts", "0005_sensor_checks"),
        ("workouts", "0006_one_index_for_chunks"),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Recording',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('import', 'Imported file'), ('live', 'Recorded live'), ('generated', 'Generated')], max_length=10)),
                ('file', models.CharField(max_length=255)),
                ('originals', models.JSONField(default=list)),
                ('fingerprint', models.CharField(blank=True, db_index=True, max_length=64)),
                ('n_samples', models.PositiveBigIntegerField(default=0)),
                ('duration_s', models.FloatField(default=0)),
                ('rate_hz', models.FloatField(default=0)),
                ('issues', models.JSONField(default=list)),
                ('sets', models.JSONField(blank=True, default=list)),
                ('started_at', models.DateTimeField()),
                ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('is_demo', models.BooleanField(default=False, editable=False)),
            ],
            options={
                'ordering': ['-started_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Sample',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('workouts.recording',),
        ),
        migrations.CreateModel(
            name='SensorLayout',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64, unique=True)),
                ('title', models.CharField(max_length=120)),
                ('channels', models.JSONField()),
                ('rate_hz', models.FloatField()),
                ('units', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('base', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workouts.sensorlayout')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['title', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='recording',
            name='layout',
            field=models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='recordings', to='workouts.sensorlayout'),
        ),
        migrations.CreateModel(
            name='WorkoutSession',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=120)),
                ('sport', models.CharField(default='strength', max_length=40)),
                ('started_at', models.DateTimeField()),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('notes', models.TextField(blank=True, max_length=5000)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('is_demo', models.BooleanField(default=False, editable=False)),
                ('athlete', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='workouts', to='accounts.athlete')),
            ],
            options={
                'ordering': ['-started_at', '-pk'],
            },
        ),
        migrations.AddField(
            model_name='recording',
            name='session',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recordings', to='workouts.workoutsession'),
        ),
        migrations.CreateModel(
            name='LiveStream',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('task_name', models.CharField(blank=True, max_length=64)),
                ('source', models.CharField(choices=[('sensor', 'Sensor or other program'), ('file', 'Replayed file'), ('recording', 'Replayed recording'), ('sample', 'Generated sample')], default='sensor', max_length=10)),
                ('rate_hz', models.FloatField(default=0)),
                ('state', models.CharField(choices=[('open', 'Live'), ('finished', 'Finished'), ('stored', 'Saved as a recording')], default='open', max_length=8)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('first_t', models.FloatField(null=True)),
                ('last_t', models.FloatField(null=True)),
                ('last_seq', models.PositiveBigIntegerField(null=True)),
                ('seen_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('corrections', models.JSONField(default=list)),
                ('takes', models.JSONField(default=list)),
                ('sets', models.JSONField(default=list)),
                ('begin_s', models.FloatField(null=True)),
                ('is_demo', models.BooleanField(default=False, editable=False)),
                ('continues', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='continued_by', to='workouts.livestream')),
                ('recording', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='stream', to='workouts.recording')),
                ('replay_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='replays', to='workouts.recording')),
                ('layout', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='workouts.sensorlayout')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='streams', to='workouts.workoutsession')),
            ],
            options={
                'ordering': ['-started_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='SensorCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32)),
                ('channel', models.CharField(blank=True, max_length=64)),
                ('severity', models.CharField(blank=True, max_length=16)),
                ('text', models.CharField(max_length=300)),
                ('found_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='workouts.livestream')),
            ],
            options={
                'ordering': ['-found_at', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('stream', 'code', 'channel'), name='one_check_per_finding')],
            },
        ),
        migrations.CreateModel(
            name='SensorBaseline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('facts', models.JSONField(default=dict)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('athlete', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sensor_baselines', to='accounts.athlete')),
                ('layout', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workouts.sensorlayout')),
            ],
            options={
                'ordering': ['athlete', 'layout'],
                'constraints': [models.UniqueConstraint(fields=('athlete', 'layout'), name='one_baseline_per_layout')],
            },
        ),
        migrations.CreateModel(
            name='Span',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('start_s', models.FloatField()),
                ('end_s', models.FloatField()),
                ('label', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('confirmed', 'Confirmed'), ('rejected', 'Rejected'), ('reviewed_empty', 'No exercise')], default='confirmed', max_length=14)),
                ('origin', models.CharField(choices=[('person', 'Manual'), ('import', 'Imported'), ('feedback', 'Live correction'), ('model', 'Model'), ('generated', 'Simulator')], default='person', max_length=10)),
                ('answered', models.JSONField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recording', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='spans', to='workouts.recording')),
            ],
            options={
                'ordering': ['start_s', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('end_s__gt', models.F('start_s')), ('start_s__gte', 0)), name='span_has_length')],
            },
        ),
        migrations.CreateModel(
            name='StreamChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveBigIntegerField()),
                ('n_samples', models.PositiveIntegerField()),
                ('payload', models.BinaryField()),
                ('stream', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='workouts.livestream')),
            ],
            options={
                'ordering': ['stream', 'seq'],
                'constraints': [models.UniqueConstraint(fields=('stream', 'seq'), name='one_chunk_per_seq')],
            },
        ),
    ]

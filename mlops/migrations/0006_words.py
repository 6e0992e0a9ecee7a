"""The words of choices."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mlops', '0005_evaluated_subjects'),
    ]

    operations = [
        migrations.AlterField(
            model_name='alert',
            name='kind',
            field=models.CharField(choices=[('drift', 'Input drift'), ('accuracy', 'Lower live accuracy')], max_length=10),
        ),
        migrations.AlterField(
            model_name='dataset',
            name='status',
            field=models.CharField(choices=[('building', 'Building'), ('ready', 'Ready'), ('failed', 'Failed'), ('redacted', 'Redacted')], default='building', max_length=10),
        ),
        migrations.AlterField(
            model_name='driftreport',
            name='verdict',
            field=models.CharField(choices=[('calm', 'No drift'), ('drift', 'Drift detected'), ('too_few', 'Not enough data'), ('no_reference', 'No reference data')], max_length=12),
        ),
        migrations.AlterField(
            model_name='job',
            name='status',
            field=models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('cancelling', 'Stopping'), ('succeeded', 'Done'), ('failed', 'Failed'), ('errored', 'Error'), ('cancelled', 'Cancelled')], default='queued', max_length=12),
        ),
        migrations.AlterField(
            model_name='reviewitem',
            name='reason',
            field=models.CharField(choices=[('correction', 'Correction'), ('uncertain', 'Low confidence'), ('diverse', 'Unusual'), ('audit', 'Random sample')], max_length=10),
        ),
        migrations.AlterField(
            model_name='reviewitem',
            name='state',
            field=models.CharField(choices=[('open', 'To review'), ('done', 'Reviewed'), ('gone', 'Decided elsewhere')], default='open', max_length=4),
        ),
        migrations.AlterField(
            model_name='run',
            name='outcome',
            field=models.CharField(blank=True, choices=[('tried', 'Finished'), ('pruned', 'Stopped early')], max_length=8),
        ),
    ]

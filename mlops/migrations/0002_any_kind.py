"""Answers, datasets and review items of any kind: numbers and places beside labels and seconds, owners beside groups."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mlops", "0001_site_0_1")]

    operations = [
        migrations.RenameField("datasetsubject", "n_windows", "n_examples"),
        migrations.RenameField("driftreport", "n_windows", "n_examples"),
        migrations.AddField(
            "datasetsubject",
            "owner",
            models.CharField(blank=True, db_index=True, default="", max_length=32),
            preserve_default=False,
        ),
        migrations.RemoveConstraint(
            model_name="reviewitem",
            name="one_open_item_per_stretch",
        ),
        migrations.AddField(
            model_name="feedback",
            name="agreement",
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name="feedback",
            name="number",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="feedback",
            name="place",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="feedback",
            name="truth",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="prediction",
            name="high",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="prediction",
            name="low",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="prediction",
            name="number",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="prediction",
            name="place",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="prediction",
            name="reason",
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name="prediction",
            name="value",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="place",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="said",
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name="feedback",
            name="answered",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="feedback",
            name="confidence",
            field=models.FloatField(default=0, null=True),
        ),
        migrations.AlterField(
            model_name="feedback",
            name="origin",
            field=models.CharField(
                choices=[("live", "Live stream"), ("api", "API"), ("job", "Job or page"), ("review", "Review queue")],
                max_length=6,
            ),
        ),
        migrations.AlterField(
            model_name="prediction",
            name="confidence",
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name="prediction",
            name="label",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="prediction",
            name="origin",
            field=models.CharField(
                choices=[("live", "Live stream"), ("api", "API"), ("job", "Job or page"), ("review", "Review queue")],
                max_length=6,
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("task", "source", "start_s", "end_s", "place"),
                name="one_open_item_per_stretch",
            ),
        ),
    ]

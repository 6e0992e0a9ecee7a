"""Reviews of kinds without labels: what is proposed and said in JSON; intervals beside the numbers of feedback."""

from django.db import migrations, models

ALERTS = [("drift", "Data has shifted"), ("accuracy", "Answers agree less often")]


class Migration(migrations.Migration):
    dependencies = [("mlops", "0003_fill_any_kind")]

    operations = [
        migrations.AddField("feedback", "low", models.FloatField(null=True)),
        migrations.AddField("feedback", "high", models.FloatField(null=True)),
        migrations.AddField("reviewitem", "correction", models.JSONField(null=True)),
        migrations.AddField("review", "correction", models.JSONField(null=True)),
        migrations.AlterField("reviewitem", "start_s", models.FloatField(default=0)),
        migrations.AlterField("reviewitem", "end_s", models.FloatField(default=0)),
        migrations.AlterField("alert", "kind", models.CharField(choices=ALERTS, max_length=10)),
    ]

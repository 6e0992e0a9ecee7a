"""The words of choices."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('burnout', '0002_the_loop'),
    ]

    operations = [
        migrations.AlterField(
            model_name='checkin',
            name='source',
            field=models.CharField(choices=[('web', 'Check-in form'), ('api', 'API'), ('csv', 'Imported from a file'), ('apple', 'Apple Health'), ('demo', 'Generated')], default='web', max_length=5),
        ),
        migrations.AlterField(
            model_name='dayverdict',
            name='verdict',
            field=models.CharField(choices=[('use', 'Use for training'), ('leave_out', 'Leave out')], max_length=9),
        ),
    ]

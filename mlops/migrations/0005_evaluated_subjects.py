"""What was measured person by person is called an evaluation."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("mlops", "0004_review_any_kind")]

    operations = [migrations.RenameModel("JudgedSubject", "EvaluatedSubject")]

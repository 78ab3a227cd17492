"""A doubt about a text longer than an index entry can be: told apart by the text's hash."""

from django.db import migrations, models
from django.db.models.functions import MD5


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_intakes")]

    operations = [
        migrations.RemoveConstraint(model_name="doubt", name="registry_doubt_once"),
        migrations.AddConstraint(
            model_name="doubt",
            constraint=models.UniqueConstraint("org", "column", MD5("value"), "rule", name="registry_doubt_once"),
        ),
    ]

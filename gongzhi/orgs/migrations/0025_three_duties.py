"""Three administrators instead of one: further roles, and nobody holds two of the three on one day.

The administrators of an existing installation stay system administrators. Nobody is given another role here: the rule
forbids it to them, and who else should hold it no program can know. `gongzhi doctor` and the workbench say what is missing.
"""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.expressions
from django.db import migrations, models
from django.db.models import Func, Value


class Migration(migrations.Migration):
    dependencies = [("orgs", "0030_fewer_indexes_to_write")]

    operations = [
        migrations.AlterField(
            model_name="appointment",
            name="role",
            field=models.CharField(
                choices=[
                    ("administrator", "System administrator"),
                    ("registrar", "Registry officer"),
                    ("reader", "Reader"),
                    ("security_administrator", "Security administrator"),
                    ("audit_administrator", "Audit administrator"),
                ],
                max_length=24,
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                name="orgs_appointment_one_duty",
                expressions=[
                    ("person", "="),
                    ("role", "<>"),
                    (Func("since", "until", Value("[]"), function="daterange"), "&&"),
                ],
                condition=models.Q(("role__in", ("administrator", "security_administrator", "audit_administrator"))),
                violation_error_message="Nobody holds two of the three administrators' roles.",
            ),
        ),
    ]

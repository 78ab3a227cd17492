"""Who stands in for an official on leave. No policy: actors are built from this table, and it holds ids and days only."""

import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Func, Q, Value

import gongzhi.core.ids


class Migration(migrations.Migration):
    dependencies = [("orgs", "0025_three_duties")]

    operations = [
        migrations.CreateModel(
            name="Cover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ("since", models.DateField()),
                ("until", models.DateField()),
                ("given_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="covers", to="orgs.agency"
                    ),
                ),
                (
                    "absent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.person"
                    ),
                ),
                (
                    "deputy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.person"
                    ),
                ),
            ],
            options={
                "db_table": "orgs_cover",
                "indexes": [
                    models.Index(fields=["deputy", "agency", "until"], name="orgs_cover_by_deputy"),
                    models.Index(fields=["absent", "agency", "until"], name="orgs_cover_by_absent"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(until__gte=F("since")),
                        name="orgs_cover_order",
                        violation_error_message="The last day is before the first.",
                    ),
                    models.CheckConstraint(
                        condition=~Q(absent=F("deputy")),
                        name="orgs_cover_two_people",
                        violation_error_message="Nobody stands in for themself.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        name="orgs_cover_one_at_a_time",
                        expressions=[
                            ("agency", "="),
                            ("absent", "="),
                            (Func("since", "until", Value("[]"), function="daterange"), "&&"),
                        ],
                        condition=Q(ended_at__isnull=True),
                        violation_error_message="Somebody stands in on these days already.",
                    ),
                ],
            },
        ),
    ]

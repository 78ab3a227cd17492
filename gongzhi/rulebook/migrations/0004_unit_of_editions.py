"""A number may be the year of a text: which text of a law a place judges by."""

from django.db import migrations, models

BEFORE = [
    "person", "organization", "member", "yuan", "percent", "third", "times", "day", "working_day", "hour", "month",
    "year", "month_day", "count", "age", "grade", "score", "factor", "character",
]  # fmt: skip
LABELS = {
    "person": "people",
    "organization": "organizations",
    "member": "members, people and organizations together",
    "third": "thirds",
    "times": "times the amount",
    "day": "calendar days",
    "working_day": "working days",
    "hour": "hours",
    "month": "months",
    "year": "years",
    "month_day": "day of the year",
    "count": "how many times",
    "age": "years of age",
    "grade": "grade of the assessment",
    "score": "points",
    "character": "characters of a text",
    "edition": "year of a text",
}


def units(codes: list[str]) -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q(("unit__in", codes)), name="rulebook_parameter_unit")


class Migration(migrations.Migration):
    dependencies = [("rulebook", "0003_unit_of_characters")]

    operations = [
        migrations.AlterField(
            model_name="parameter",
            name="unit",
            field=models.CharField(
                choices=[(code, LABELS.get(code, code)) for code in [*BEFORE, "edition"]], max_length=16
            ),
        ),
        migrations.RemoveConstraint(model_name="parameter", name="rulebook_parameter_unit"),
        migrations.AddConstraint(model_name="parameter", constraint=units([*BEFORE, "edition"])),
    ]

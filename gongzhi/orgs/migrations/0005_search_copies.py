"""Copies of the search rows that hosts keep as an index, and indexes for fields of activity and numbers."""

from django.db import migrations, models
from django.db.models import Q

import gongzhi.orgs.models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0004_saved_search_wall")]

    operations = [
        migrations.CreateModel(
            name="SearchCopy",
            fields=[
                ("token", models.UUIDField(primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=64)),
                ("horizon", gongzhi.orgs.models.TransactionId()),
                ("at", models.DateTimeField(auto_now=True)),
            ],
            options={"db_table": "orgs_search_copy", "verbose_name_plural": "search copies"},
        ),
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(fields=["number"], condition=~Q(number=""), name="orgs_organization_by_number"),
        ),
        migrations.AddIndex(
            model_name="organizationsearch",
            index=models.Index(fields=["field"], condition=~Q(field=""), name="orgs_search_field"),
        ),
    ]

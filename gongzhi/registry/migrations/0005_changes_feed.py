"""Every fact of the register keeps the number of the transaction that wrote it, and of the one that closed it.

The trigger runs after the one that refuses changes (its name comes later in the alphabet), so the application still sets
`known_to` and nothing else.
"""

import gongzhi.orgs.models
from django.db import migrations, models

TABLES = ["branch", "certificate", "host", "lineage", "officer", "version"]
STAMP = """
CREATE FUNCTION registry_stamp_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.written := pg_current_xact_id(); RETURN NEW; END $$;
""" + "".join(
    f"CREATE TRIGGER registry_{table}_written BEFORE UPDATE ON registry_{table}"
    " FOR EACH ROW EXECUTE FUNCTION registry_stamp_written();\n"
    for table in TABLES
)
UNSTAMP = (
    "".join(f"DROP TRIGGER registry_{table}_written ON registry_{table};\n" for table in TABLES)
    + "DROP FUNCTION registry_stamp_written();"
)


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0004_saved_search_wall'),
        ('registry', '0004_records_append_only_and_wall'),
    ]

    operations = [
        migrations.AddField(
            model_name='branch',
            name='written',
            field=gongzhi.orgs.models.TransactionId(db_default=gongzhi.orgs.models.CurrentTransaction()),
        ),
        migrations.AddField(
            model_name='certificate',
            name='written',
            field=gongzhi.orgs.models.TransactionId(db_default=gongzhi.orgs.models.CurrentTransaction()),
        ),
        migrations.AddField(
            model_name='host',
            name='written',
            field=gongzhi.orgs.models.TransactionId(db_default=gongzhi.orgs.models.CurrentTransaction()),
        ),
        migrations.AddField(
            model_name='lineage',
            name='written',
            field=gongzhi.orgs.models.TransactionId(db_default=gongzhi.orgs.models.CurrentTransaction()),
        ),
        migrations.AddField(
            model_name='officer',
            name='written',
            field=gongzhi.orgs.models.TransactionId(db_default=gongzhi.orgs.models.CurrentTransaction()),
        ),
        migrations.AddField(
            model_name='version',
            name='written',
            field=gongzhi.orgs.models.TransactionId(db_default=gongzhi.orgs.models.CurrentTransaction()),
        ),
        migrations.AddIndex(
            model_name='branch',
            index=models.Index(fields=['written', 'id'], name='registry_branch_written'),
        ),
        migrations.AddIndex(
            model_name='certificate',
            index=models.Index(fields=['written', 'id'], name='registry_certificate_written'),
        ),
        migrations.AddIndex(
            model_name='host',
            index=models.Index(fields=['written', 'id'], name='registry_host_written'),
        ),
        migrations.AddIndex(
            model_name='lineage',
            index=models.Index(fields=['written', 'id'], name='registry_lineage_written'),
        ),
        migrations.AddIndex(
            model_name='officer',
            index=models.Index(fields=['written', 'id'], name='registry_officer_written'),
        ),
        migrations.AddIndex(
            model_name='version',
            index=models.Index(fields=['written', 'id'], name='registry_version_written'),
        ),
        migrations.RunSQL(STAMP, UNSTAMP),
    ]

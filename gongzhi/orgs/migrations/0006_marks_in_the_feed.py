"""A mark keeps the number of the transaction that wrote it, and of the one that closed it, as the register's facts do."""

import gongzhi.orgs.models
from django.db import migrations, models

STAMP = """
CREATE FUNCTION orgs_stamp_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.written := pg_current_xact_id(); RETURN NEW; END $$;
CREATE TRIGGER orgs_mark_written BEFORE UPDATE ON orgs_mark FOR EACH ROW EXECUTE FUNCTION orgs_stamp_written();
"""
UNSTAMP = "DROP TRIGGER orgs_mark_written ON orgs_mark; DROP FUNCTION orgs_stamp_written();"


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0005_search_copies'),
    ]

    operations = [
        migrations.AddField(
            model_name='mark',
            name='written',
            field=gongzhi.orgs.models.TransactionId(db_default=gongzhi.orgs.models.CurrentTransaction()),
        ),
        migrations.AddIndex(
            model_name='mark',
            index=models.Index(fields=['written', 'id'], name='orgs_mark_written'),
        ),
        migrations.RunSQL(STAMP, UNSTAMP),
    ]

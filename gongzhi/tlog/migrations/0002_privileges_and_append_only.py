"""Who may do what with the log's tables: the application adds, the sequencer's role takes out, erasure deletes salts."""

from django.db import migrations

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql

PRIVILEGES = """
REVOKE UPDATE, DELETE, TRUNCATE ON tlog_pending, tlog_batch, vault_salt, vault_subject_key FROM gz_app;
-- Erasure deletes. Only the sealed key may change, when the platform's key ring rotates.
GRANT DELETE ON vault_salt, vault_subject_key TO gz_app;
GRANT UPDATE (dek_sealed) ON vault_subject_key TO gz_app;
-- The sequencer locks and takes out what it has ordered, seals entries of its own, and reads leaves. It never sees salts.
GRANT SELECT, INSERT, UPDATE, DELETE ON tlog_pending TO gz_log;
GRANT USAGE, SELECT ON SEQUENCE tlog_pending_id_seq TO gz_log;
GRANT SELECT ON tlog_batch TO gz_log;
"""

BACK = """
GRANT SELECT, INSERT, UPDATE, DELETE ON tlog_pending, tlog_batch, vault_salt, vault_subject_key TO gz_app;
REVOKE ALL ON tlog_pending, tlog_batch FROM gz_log;
REVOKE ALL ON SEQUENCE tlog_pending_id_seq FROM gz_log;
"""


class Migration(migrations.Migration):
    dependencies = [("tlog", "0001_entries_batches_vault")]

    operations = [
        migrations.RunSQL(PRIVILEGES, BACK),
        migrations.RunSQL(append_only_sql("tlog_batch"), drop_append_only_sql("tlog_batch")),
    ]

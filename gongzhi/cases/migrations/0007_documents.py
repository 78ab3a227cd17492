"""Documents of a case: read by the applicant and by offices within reach, appended and never changed."""

import django.db.models.deletion
from django.db import migrations, models

import gongzhi.core.ids
from gongzhi.core.rls import PATH, drop_wall_sql, wall_sql

WITHIN = f"path <> '' AND ((path >= {PATH} AND path < {PATH} || chr(1114111)) OR {PATH} = '/')"
WALL = (
    wall_sql("cases_document", person="person_id", org="org_id")
    + f"CREATE POLICY cases_document_path ON cases_document TO gz_app USING ({WITHIN}) WITH CHECK ({WITHIN});"
)
#: Only the division changes, when a case is handed to another office.
APPENDED = """
REVOKE UPDATE, DELETE, TRUNCATE ON cases_document FROM gz_app;
GRANT UPDATE (path) ON cases_document TO gz_app;
CREATE FUNCTION cases_document_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(NEW) - 'path' = to_jsonb(OLD) - 'path' THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'cases_document is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER cases_document_append_only BEFORE UPDATE OR DELETE ON cases_document
  FOR EACH ROW EXECUTE FUNCTION cases_document_append_only();
CREATE TRIGGER cases_document_no_truncate BEFORE TRUNCATE ON cases_document
  FOR EACH STATEMENT EXECUTE FUNCTION cases_document_append_only();
"""
DROP_APPENDED = """
DROP TRIGGER cases_document_no_truncate ON cases_document; DROP TRIGGER cases_document_append_only ON cases_document;
DROP FUNCTION cases_document_append_only();
GRANT UPDATE, DELETE, TRUNCATE ON cases_document TO gz_app;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0006_link_walls'),
        ('orgs', '0033_invitations_found_by_address'),
    ]

    operations = [
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('kind', models.CharField(choices=[('acceptance', 'Notice of acceptance'), ('correction', 'Notice of everything that is missing'), ('not_accepted', 'Decision not to accept'), ('approval', 'Decision of approval'), ('refusal', 'Decision of refusal'), ('filing_receipt', 'Receipt of filing'), ('delivery', 'Receipt of delivery')], max_length=16)),
                ('year', models.SmallIntegerField()),
                ('serial', models.IntegerField()),
                ('number', models.CharField(max_length=160)),
                ('template', models.SmallIntegerField()),
                ('on', models.DateField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by', models.CharField(max_length=64)),
                ('by_person', models.BigIntegerField(null=True)),
                ('about', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='cases.document')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.agency')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_rows', to='cases.case')),
                ('words', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.sealedtext')),
            ],
            options={
                'db_table': 'cases_document',
                'indexes': [models.Index(fields=['case', 'id'], name='cases_document_case')],
                'constraints': [models.UniqueConstraint(fields=('agency', 'kind', 'year', 'serial'), name='cases_document_number'), models.UniqueConstraint(condition=models.Q(('about__isnull', False)), fields=('about',), name='cases_document_delivered_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['acceptance', 'correction', 'not_accepted', 'approval', 'refusal', 'filing_receipt', 'delivery'])), name='cases_document_kind'), models.CheckConstraint(condition=models.Q(models.Q(('about__isnull', False), ('kind', 'delivery')), models.Q(models.Q(('kind', 'delivery'), _negated=True), ('about__isnull', True)), _connector='OR'), name='cases_document_about'), models.CheckConstraint(condition=models.Q(('serial__gte', 1)), name='cases_document_counted')],
            },
        ),
        migrations.RunSQL(WALL, drop_wall_sql("cases_document")),
        migrations.RunSQL(APPENDED, DROP_APPENDED),
    ]

"""Certificates and extracts the platform signed, and their revocations: appended, never changed."""

import django.db.models.deletion
from django.db import migrations, models

from gongzhi.core.clocks import append_only_sql, drop_append_only_sql


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0033_invitations_found_by_address'),
        ('registry', '0009_decisions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Credential',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(db_collation='C', max_length=24, unique=True)),
                ('kind', models.CharField(choices=[('filing', 'Certificate of filing'), ('extract', 'Extract of the register')], max_length=12)),
                ('statement', models.TextField()),
                ('key_id', models.CharField(db_collation='C', max_length=8)),
                ('signature', models.CharField(db_collation='C', max_length=88)),
                ('case_number', models.CharField(blank=True, db_collation='C', default='', max_length=24)),
                ('issued_on', models.DateField()),
                ('issued_at', models.DateTimeField(auto_now_add=True)),
                ('seal', models.UUIDField()),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credentials', to='orgs.organization')),
            ],
            options={
                'db_table': 'registry_credential',
            },
        ),
        migrations.CreateModel(
            name='Revocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revoked_on', models.DateField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('reason', models.CharField(max_length=500)),
                ('office', models.CharField(max_length=120)),
                ('seal', models.UUIDField()),
                ('credential', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='revocation', to='registry.credential')),
            ],
            options={
                'db_table': 'registry_revocation',
            },
        ),
        migrations.AddIndex(
            model_name='credential',
            index=models.Index(fields=['org', '-id'], name='registry_credential_org'),
        ),
        migrations.AddConstraint(
            model_name='credential',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['filing', 'extract'])), name='registry_credential_kind'),
        ),
        migrations.AddConstraint(
            model_name='credential',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('case_number', ''), ('kind', 'extract')), models.Q(models.Q(('kind', 'extract'), _negated=True), models.Q(('case_number', ''), _negated=True)), _connector='OR'), name='registry_credential_ground'),
        ),
        migrations.AddConstraint(
            model_name='revocation',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='registry_revocation_reason'),
        ),
        migrations.RunSQL(append_only_sql("registry_credential"), drop_append_only_sql("registry_credential")),
        migrations.RunSQL(append_only_sql("registry_revocation"), drop_append_only_sql("registry_revocation")),
    ]

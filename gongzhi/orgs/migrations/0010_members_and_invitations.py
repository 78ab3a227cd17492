"""People of organizations: memberships, and invitations that work once."""

import django.contrib.postgres.fields
import django.db.models.deletion
import gongzhi.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_api_clients'),
        ('orgs', '0006_marks_in_the_feed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('role', models.CharField(choices=[('org_owner', 'Person in charge'), ('org_administrator', "Organization's administrator"), ('org_handler', 'Handler'), ('org_reader', 'Member who reads')], max_length=24)),
                ('delegated', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, size=None)),
                ('until', models.DateField(null=True)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('for_index', models.BinaryField(max_length=16)),
                ('for_masked', models.CharField(max_length=64)),
                ('made_by', models.BigIntegerField()),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('taken_at', models.DateTimeField(null=True)),
                ('taken_by', models.BigIntegerField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='orgs.organization')),
            ],
            options={
                'db_table': 'orgs_invitation',
                'indexes': [models.Index(fields=['org', '-made_at', '-id'], name='orgs_invitation_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['org_owner', 'org_administrator', 'org_handler', 'org_reader'])), name='orgs_invitation_role'), models.CheckConstraint(condition=models.Q(models.Q(('taken_at__isnull', True), ('taken_by__isnull', True)), models.Q(('taken_at__isnull', False), ('taken_by__isnull', False), ('withdrawn_at__isnull', True)), _connector='OR'), name='orgs_invitation_taken', violation_error_message='An invitation is accepted by somebody, and not after it was withdrawn.'), models.CheckConstraint(condition=models.Q(models.Q(('role', 'org_handler'), _negated=True), ('until__isnull', False), _connector='OR'), name='orgs_invitation_delegation_ends', violation_error_message='A delegation has a last day.')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('org_owner', 'Person in charge'), ('org_administrator', "Organization's administrator"), ('org_handler', 'Handler'), ('org_reader', 'Member who reads')], max_length=24)),
                ('delegated', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, size=None)),
                ('since', models.DateField()),
                ('until', models.DateField(null=True)),
                ('given_by', models.BigIntegerField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ending', models.CharField(blank=True, choices=[('left', 'left'), ('removed', 'taken out'), ('changed', 'given another role'), ('expired', 'time was over')], default='', max_length=16)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='orgs.organization')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.person')),
            ],
            options={
                'db_table': 'orgs_membership',
                'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['person'], name='orgs_membership_living')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('org', 'person'), name='orgs_membership_once'), models.CheckConstraint(condition=models.Q(('role__in', ['org_owner', 'org_administrator', 'org_handler', 'org_reader'])), name='orgs_membership_role'), models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='orgs_membership_order'), models.CheckConstraint(condition=models.Q(models.Q(('role', 'org_handler'), _negated=True), ('until__isnull', False), _connector='OR'), name='orgs_membership_delegation_ends', violation_error_message='A delegation has a last day.'), models.CheckConstraint(condition=models.Q(('role', 'org_handler'), ('delegated', []), _connector='OR'), name='orgs_membership_delegated'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ending', '')), models.Q(('ended_at__isnull', False), ('ending__in', ['left', 'removed', 'changed', 'expired'])), _connector='OR'), name='orgs_membership_ending')],
            },
        ),
    ]

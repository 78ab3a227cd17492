
import django.contrib.postgres.fields
import django.db.models.deletion
import gongzhi.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0039_second_official_wall'),
        ('orgs', '0032_roles_ended_at_once'),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(db_collation='C', max_length=60)),
                ('version', models.IntegerField()),
                ('path', models.CharField(blank=True, db_collation='C', default='', max_length=64)),
                ('body', models.JSONField()),
                ('sha256', models.BinaryField()),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('retired', 'Replaced or taken back')], default='draft', max_length=12)),
                ('published_at', models.DateTimeField(null=True)),
                ('published_by', models.CharField(blank=True, default='', max_length=64)),
            ],
            options={
                'db_table': 'cases_type',
                'constraints': [models.UniqueConstraint(fields=('code', 'path', 'version'), name='cases_type_version'), models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('code', 'path'), name='cases_type_one_published'), models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'published', 'retired'])), name='cases_type_state'), models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='cases_type_numbered'), models.CheckConstraint(condition=models.Q(('path', ''), ('path__endswith', '/'), _connector='OR'), name='cases_type_path_form'), models.CheckConstraint(condition=models.Q(('state', 'draft'), ('published_at__isnull', False), _connector='OR'), name='cases_type_published')],
            },
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('number', models.CharField(db_collation='C', max_length=24, null=True, unique=True)),
                ('begun_by', models.BigIntegerField()),
                ('path', models.CharField(blank=True, db_collation='C', default='', max_length=64)),
                ('state', models.CharField(choices=[('draft', 'Being filled in'), ('submitted', 'Handed in, not accepted yet'), ('correction', 'To be completed'), ('accepted', 'Accepted, being examined'), ('publicity', 'Announced for objections'), ('approved', 'Approved'), ('refused', 'Refused'), ('not_accepted', 'Not accepted'), ('withdrawn', 'Withdrawn'), ('lapsed', 'Lapsed')], default='draft', max_length=16)),
                ('step', models.CharField(blank=True, default='', max_length=40)),
                ('round', models.IntegerField(default=0)),
                ('name', models.CharField(blank=True, default='', max_length=200)),
                ('assignee', models.BigIntegerField(null=True)),
                ('due_on', models.DateField(null=True)),
                ('due_settled', models.BooleanField(default=True)),
                ('query_code_sha256', models.BinaryField(null=True)),
                ('begun_at', models.DateTimeField(auto_now_add=True)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('state_since', models.DateTimeField(auto_now_add=True)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.agency')),
                ('org', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.organization')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person')),
                ('subject_org', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.organization')),
                ('type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='cases.casetype')),
            ],
            options={
                'db_table': 'cases_case',
            },
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('path', models.CharField(blank=True, db_collation='C', default='', max_length=64)),
                ('kind', models.CharField(choices=[('accept', 'To say whether it is accepted'), ('decide', 'To decide, by law'), ('promised', 'To decide, as promised'), ('correct', 'To complete the application'), ('publicity', 'For objections')], max_length=12)),
                ('unit', models.CharField(max_length=16)),
                ('days', models.IntegerField()),
                ('parameter', models.CharField(max_length=80)),
                ('started_on', models.DateField()),
                ('stopped_on', models.DateField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_rows', to='cases.case')),
            ],
            options={
                'db_table': 'cases_clock',
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('pk', models.CompositePrimaryKey('case_id', 'section', blank=True, editable=False, primary_key=True, serialize=False)),
                ('section', models.CharField(db_collation='C', max_length=40)),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('data', models.JSONField(default=dict)),
                ('revision', models.IntegerField(default=0)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='cases.case')),
            ],
            options={
                'db_table': 'cases_draft',
            },
        ),
        migrations.CreateModel(
            name='Patch',
            fields=[
                ('pk', models.CompositePrimaryKey('case_id', 'section', 'revision', blank=True, editable=False, primary_key=True, serialize=False)),
                ('section', models.CharField(db_collation='C', max_length=40)),
                ('revision', models.IntegerField()),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('patch', models.JSONField()),
                ('removed', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('by_person', models.BigIntegerField()),
                ('nonce', models.UUIDField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='patches', to='cases.case')),
            ],
            options={
                'verbose_name_plural': 'patches',
                'db_table': 'cases_draft_patch',
            },
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('path', models.CharField(blank=True, db_collation='C', default='', max_length=64)),
                ('from_on', models.DateField()),
                ('until_on', models.DateField(null=True)),
                ('reason', models.CharField(choices=[('begun', 'Begun'), ('submitted', 'Handed in'), ('resubmitted', 'Handed in again'), ('accepted', 'Accepted'), ('silence', 'Accepted because nothing was asked for in time'), ('returned', 'Sent back to be completed'), ('step_done', 'Step done'), ('consented', 'Consent given'), ('objected', 'Consent not given'), ('proposed', 'Decision proposed; a second person confirms'), ('proposal_dropped', 'Proposed decision not confirmed'), ('approved', 'Approved'), ('refused', 'Refused with reason'), ('not_accepted', 'Not accepted, with reason'), ('withdrawn', 'Withdrawn by the applicant'), ('lapsed', 'Lapsed: not completed in time'), ('transferred', 'Handed to another office'), ('announced', 'Announced for objections'), ('publicity_over', 'Time for objections over')], max_length=20)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_rows', to='cases.case')),
            ],
            options={
                'db_table': 'cases_pause',
            },
        ),
        migrations.CreateModel(
            name='SealedText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('path', models.CharField(blank=True, db_collation='C', default='', max_length=64)),
                ('place', models.CharField(max_length=140)),
                ('text_sealed', models.BinaryField()),
                ('mask', models.CharField(blank=True, default='', max_length=64)),
                ('written_at', models.DateTimeField(auto_now_add=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_rows', to='cases.case')),
            ],
            options={
                'db_table': 'cases_sealed_text',
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('outcome', models.CharField(choices=[('approved', 'Approved'), ('refused', 'Refused')], max_length=12)),
                ('by_person', models.BigIntegerField()),
                ('second_by', models.BigIntegerField(null=True)),
                ('needs_second', models.BooleanField()),
                ('proposed_at', models.DateTimeField(auto_now_add=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('dropped_at', models.DateTimeField(null=True)),
                ('effect', models.JSONField(default=dict)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_rows', to='cases.case')),
                ('words', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.sealedtext')),
            ],
            options={
                'db_table': 'cases_decision',
            },
        ),
        migrations.CreateModel(
            name='Status',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('path', models.CharField(blank=True, db_collation='C', default='', max_length=64)),
                ('event', models.CharField(choices=[('begun', 'Begun'), ('submitted', 'Handed in'), ('resubmitted', 'Handed in again'), ('accepted', 'Accepted'), ('silence', 'Accepted because nothing was asked for in time'), ('returned', 'Sent back to be completed'), ('step_done', 'Step done'), ('consented', 'Consent given'), ('objected', 'Consent not given'), ('proposed', 'Decision proposed; a second person confirms'), ('proposal_dropped', 'Proposed decision not confirmed'), ('approved', 'Approved'), ('refused', 'Refused with reason'), ('not_accepted', 'Not accepted, with reason'), ('withdrawn', 'Withdrawn by the applicant'), ('lapsed', 'Lapsed: not completed in time'), ('transferred', 'Handed to another office'), ('announced', 'Announced for objections'), ('publicity_over', 'Time for objections over')], max_length=20)),
                ('state', models.CharField(choices=[('draft', 'Being filled in'), ('submitted', 'Handed in, not accepted yet'), ('correction', 'To be completed'), ('accepted', 'Accepted, being examined'), ('publicity', 'Announced for objections'), ('approved', 'Approved'), ('refused', 'Refused'), ('not_accepted', 'Not accepted'), ('withdrawn', 'Withdrawn'), ('lapsed', 'Lapsed')], max_length=16)),
                ('step', models.CharField(blank=True, default='', max_length=40)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by', models.CharField(max_length=64)),
                ('by_person', models.BigIntegerField(null=True)),
                ('office', models.CharField(blank=True, default='', max_length=120)),
                ('faulty', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=140), default=list, size=None)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_rows', to='cases.case')),
                ('words', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.sealedtext')),
            ],
            options={
                'verbose_name_plural': 'statuses',
                'db_table': 'cases_status',
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('round', models.IntegerField()),
                ('data', models.JSONField()),
                ('sha256', models.BinaryField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by_person', models.BigIntegerField()),
                ('nonce', models.UUIDField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_rows', to='cases.case')),
            ],
            options={
                'db_table': 'cases_submission',
            },
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('step', models.CharField(max_length=40)),
                ('kind', models.CharField(choices=[('review', 'Examination'), ('consent', 'Consent of another authority'), ('together', 'Several departments side by side'), ('publicity', 'Announcement for objections'), ('hearing', 'Hearing'), ('decide', 'Decision')], max_length=12)),
                ('assignee', models.BigIntegerField(null=True)),
                ('opened_at', models.DateTimeField(auto_now_add=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('done_by', models.BigIntegerField(null=True)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.agency')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_rows', to='cases.case')),
            ],
            options={
                'db_table': 'cases_task',
            },
        ),
        migrations.CreateModel(
            name='CaseFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('path', models.CharField(blank=True, db_collation='C', default='', max_length=64)),
                ('section', models.CharField(max_length=40)),
                ('field', models.CharField(max_length=40)),
                ('upload_id', models.BigIntegerField()),
                ('added_at', models.DateTimeField(auto_now_add=True)),
                ('added_by', models.BigIntegerField()),
                ('removed_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_rows', to='cases.case')),
            ],
            options={
                'db_table': 'cases_file',
                'indexes': [models.Index(fields=['case', 'id'], name='cases_file_case')],
            },
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('person__isnull', False)), fields=['person', '-id'], name='cases_case_person'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('org__isnull', False)), fields=['org', '-id'], name='cases_case_org'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['path'], name='cases_case_path'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', ['submitted', 'accepted', 'publicity'])), fields=['agency', 'due_on', 'id'], name='cases_case_work'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('org__isnull', True), ('person__isnull', False)), models.Q(('org__isnull', False), ('person__isnull', True)), _connector='OR'), name='cases_case_one_applicant', violation_error_message='Either a person applies, or an organization.'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'correction', 'accepted', 'publicity', 'approved', 'refused', 'not_accepted', 'withdrawn', 'lapsed'])), name='cases_case_state'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('number__isnull', True), ('path', ''), ('round', 0), ('submitted_at__isnull', True)), models.Q(('number__isnull', False), ('round__gte', 1), ('submitted_at__isnull', False), models.Q(('path', ''), _negated=True)), _connector='OR'), name='cases_case_handed_in'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('path', ''), ('path__endswith', '/'), _connector='OR'), name='cases_case_path_form'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.UniqueConstraint(condition=models.Q(('stopped_on__isnull', True)), fields=('case', 'kind'), name='cases_clock_runs_once'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(('days__gte', 0)), name='cases_clock_days'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(('stopped_on__isnull', True), ('stopped_on__gte', models.F('started_on')), _connector='OR'), name='cases_clock_order'),
        ),
        migrations.AddConstraint(
            model_name='patch',
            constraint=models.UniqueConstraint(fields=('case', 'nonce'), name='cases_draft_patch_nonce'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.UniqueConstraint(condition=models.Q(('until_on__isnull', True)), fields=('case',), name='cases_pause_once'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.CheckConstraint(condition=models.Q(('until_on__isnull', True), ('until_on__gte', models.F('from_on')), _connector='OR'), name='cases_pause_order'),
        ),
        migrations.AddIndex(
            model_name='sealedtext',
            index=models.Index(fields=['case', 'id'], name='cases_sealed_text_case'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('second_by__isnull', True), models.Q(('second_by', models.F('by_person')), _negated=True), _connector='OR'), name='cases_decision_two_persons', violation_error_message='The second person is another one.'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('decided_at__isnull', True), ('needs_second', False), ('second_by__isnull', False), _connector='OR'), name='cases_decision_confirmed'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('decided_at__isnull', True), ('dropped_at__isnull', True), _connector='OR'), name='cases_decision_one_end'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(condition=models.Q(('dropped_at__isnull', True)), fields=('case',), name='cases_decision_once'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['approved', 'refused'])), name='cases_decision_outcome'),
        ),
        migrations.AddIndex(
            model_name='status',
            index=models.Index(fields=['case', 'id'], name='cases_status_case'),
        ),
        migrations.AddConstraint(
            model_name='status',
            constraint=models.CheckConstraint(condition=models.Q(('event__in', ['begun', 'submitted', 'resubmitted', 'accepted', 'silence', 'returned', 'step_done', 'consented', 'objected', 'proposed', 'proposal_dropped', 'approved', 'refused', 'not_accepted', 'withdrawn', 'lapsed', 'transferred', 'announced', 'publicity_over'])), name='cases_status_event'),
        ),
        migrations.AddConstraint(
            model_name='status',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'correction', 'accepted', 'publicity', 'approved', 'refused', 'not_accepted', 'withdrawn', 'lapsed'])), name='cases_status_state'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(fields=('case', 'round'), name='cases_submission_round'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(fields=('case', 'nonce'), name='cases_submission_nonce'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['agency', 'id'], name='cases_task_open'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(condition=models.Q(('done_at__isnull', True)), fields=('case', 'step', 'agency'), name='cases_task_once'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', True), ('done_by__isnull', True)), ('done_at__isnull', False), _connector='OR'), name='cases_task_done'),
        ),
    ]

"""What verifies people, reviews that wait, marks of people, printed cards, ways to be told."""

import django.db.models.deletion
import gongzhi.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0031_division_wall'),
    ]

    operations = [
        migrations.CreateModel(
            name='Card',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('state', models.CharField(choices=[('active', 'In use'), ('blocked', 'Blocked'), ('replaced', 'Replaced by a newer one')], default='active', max_length=8)),
                ('number_sealed', models.BinaryField()),
                ('number_masked', models.CharField(max_length=24)),
                ('number_index', models.BinaryField(max_length=16, unique=True)),
                ('pin', models.CharField(max_length=128)),
                ('failures', models.SmallIntegerField(default=0)),
                ('made_by', models.BigIntegerField(null=True)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'accounts_card',
            },
        ),
        migrations.CreateModel(
            name='PersonMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField()),
                ('known_from', models.DateTimeField()),
                ('known_to', models.DateTimeField(blank=True, null=True)),
                ('code', models.CharField(max_length=48)),
                ('value', models.CharField(blank=True, max_length=64)),
                ('set_by_app', models.CharField(max_length=32)),
                ('source', models.CharField(max_length=128)),
            ],
            options={
                'db_table': 'accounts_mark',
            },
        ),
        migrations.CreateModel(
            name='Reach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('way', models.CharField(choices=[('letter', 'By letter'), ('call', 'By a call to a number somebody else has'), ('worker', 'By a named worker of the community'), ('text', 'By text message to a phone of the household')], max_length=8)),
                ('value_sealed', models.BinaryField()),
                ('value_masked', models.CharField(max_length=24)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'reaches',
                'db_table': 'accounts_reach',
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('kind', models.CharField(max_length=32)),
                ('subject', models.CharField(max_length=32)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('state', models.CharField(choices=[('open', 'Waits for a decision'), ('closed', 'Closed'), ('moved', 'Moved to another queue')], default='open', max_length=8)),
                ('outcome', models.CharField(blank=True, default='', max_length=16)),
                ('since', models.DateField()),
                ('days', models.SmallIntegerField()),
                ('due_on', models.DateField()),
                ('is_settled', models.BooleanField(default=True)),
                ('reviewer_id', models.BigIntegerField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'accounts_review',
            },
        ),
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('state', models.CharField(choices=[('asked', 'Handed in; waits for a decision'), ('verified', 'Verified'), ('refused', 'Not approved'), ('withdrawn', 'Withdrawn'), ('ended', 'Holds no more')], default='asked', max_length=16)),
                ('kind', models.CharField(choices=[('resident_id', 'Resident identity card'), ('hmt_residence', 'Residence permit for Hong Kong, Macao and Taiwan residents'), ('hk_macao_permit', 'Mainland travel permit for Hong Kong and Macao residents'), ('taiwan_permit', 'Mainland travel permit for Taiwan residents'), ('foreign_residence', 'Permanent residence card for foreigners'), ('passport', 'Passport')], max_length=24)),
                ('checked', models.CharField(choices=[('review', 'A person compared the proof that was handed in'), ('counter', 'The document was seen at a counter, with the person present'), ('source', 'A source named by the operator confirmed it')], default='review', max_length=16)),
                ('name_sealed', models.BinaryField()),
                ('name_masked', models.CharField(max_length=16)),
                ('number_sealed', models.BinaryField()),
                ('number_masked', models.CharField(max_length=24)),
                ('number_index', models.BinaryField(max_length=16)),
                ('born_sealed', models.BinaryField(default=b'')),
                ('born_masked', models.CharField(blank=True, default='', max_length=8)),
                ('doubts', models.CharField(blank=True, default='', max_length=64)),
                ('source', models.CharField(blank=True, default='', max_length=32)),
                ('source_answer', models.CharField(blank=True, choices=[('match', 'Name and number belong together'), ('mismatch', 'Name and number do not belong together'), ('unknown', 'The source does not know this document')], default='', max_length=16)),
                ('upload_id', models.BigIntegerField(null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('decided_by', models.BigIntegerField(null=True)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'accounts_verification',
            },
        ),
        migrations.RemoveConstraint(
            model_name='account',
            name='accounts_account_reachable',
        ),
        migrations.AddField(
            model_name='account',
            name='by_card',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='person',
            name='volunteer_number',
            field=models.CharField(db_collation='C', max_length=12, null=True, unique=True),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('email__isnull', False), ('phone_index__isnull', False), ('by_card', True), _connector='OR'), name='accounts_account_reachable', violation_error_message='An account needs an e-mail address, a phone number or a card to sign in with.'),
        ),
        migrations.AddField(
            model_name='card',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='accounts.person'),
        ),
        migrations.AddField(
            model_name='personmark',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='accounts.person'),
        ),
        migrations.AddField(
            model_name='reach',
            name='person',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='reach', to='accounts.person'),
        ),
        migrations.AddField(
            model_name='review',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person'),
        ),
        migrations.AddField(
            model_name='verification',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='verifications', to='accounts.person'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('person',), name='accounts_card_one_active'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'active')), models.Q(models.Q(('state', 'active'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='accounts_card_ends'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.CheckConstraint(condition=models.Q(('failures__gte', 0)), name='accounts_card_failures'),
        ),
        migrations.AddConstraint(
            model_name='personmark',
            constraint=models.UniqueConstraint(condition=models.Q(('known_to__isnull', True)), fields=('person', 'code', 'valid_from'), name='accounts_mark_one_current'),
        ),
        migrations.AddConstraint(
            model_name='personmark',
            constraint=models.CheckConstraint(condition=models.Q(('known_to__isnull', True), ('known_to__gte', models.F('known_from')), _connector='OR'), name='accounts_mark_known'),
        ),
        migrations.AddConstraint(
            model_name='reach',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['letter', 'call', 'worker', 'text'])), name='accounts_reach_way'),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['path', 'due_on', 'id'], name='accounts_review_waiting'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(fields=('kind', 'subject'), name='accounts_review_once'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='accounts_review_closed'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('days__gte', 0), ('due_on__gte', models.F('since'))), name='accounts_review_due'),
        ),
        migrations.AddIndex(
            model_name='verification',
            index=models.Index(fields=['person', '-id'], name='accounts_verification_newest'),
        ),
        migrations.AddIndex(
            model_name='verification',
            index=models.Index(fields=['number_index'], name='accounts_verification_number'),
        ),
        migrations.AddConstraint(
            model_name='verification',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'verified')), fields=('number_index',), name='accounts_verification_one_person'),
        ),
        migrations.AddConstraint(
            model_name='verification',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'verified')), fields=('person',), name='accounts_verification_one_document'),
        ),
        migrations.AddConstraint(
            model_name='verification',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('person',), name='accounts_verification_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='verification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_by__isnull', True), ('state', 'asked')), ('state', 'withdrawn'), ('checked', 'source'), ('decided_by__isnull', False), _connector='OR'), name='accounts_verification_decided', violation_error_message='Somebody decides who is verified.'),
        ),
        migrations.AddConstraint(
            model_name='verification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state__in', ['asked', 'verified'])), models.Q(('ended_at__isnull', False), ('state__in', ['refused', 'withdrawn', 'ended'])), _connector='OR'), name='accounts_verification_ends'),
        ),
        migrations.AddConstraint(
            model_name='verification',
            constraint=models.CheckConstraint(condition=models.Q(('path__endswith', '/')), name='accounts_verification_path'),
        ),
    ]

# Made by makemigrations.

import django.db.models.deletion
import gongzhi.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('files', '0011_second_wall_of_transfers'),
        ('orgs', '0005_search_copies'),
    ]

    operations = [
        migrations.CreateModel(
            name='Broadcast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('title', models.CharField(max_length=60)),
                ('text', models.TextField(blank=True, default='', max_length=1000)),
                ('first_on', models.DateField()),
                ('last_on', models.DateField()),
                ('times', models.JSONField(default=list)),
                ('urgent_because', models.CharField(blank=True, default='', max_length=200)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('waiting', 'Waits for a second person'), ('approved', 'Approved'), ('withdrawn', 'Withdrawn')], default='draft', max_length=12)),
                ('remark', models.CharField(blank=True, default='', max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by_person', models.BigIntegerField()),
                ('approved_at', models.DateTimeField(null=True)),
                ('approved_by_person', models.BigIntegerField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='orgs.agency')),
                ('recording', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='files.upload')),
            ],
            options={
                'db_table': 'loudspeaker_broadcast',
            },
        ),
        migrations.CreateModel(
            name='Airing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('broadcast', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='airings', to='loudspeaker.broadcast')),
            ],
            options={
                'db_table': 'loudspeaker_airing',
            },
        ),
        migrations.CreateModel(
            name='Point',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('key_sha256', models.CharField(db_collation='C', max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by_person', models.BigIntegerField()),
                ('heard_of_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'loudspeaker_point',
                'indexes': [models.Index(fields=['path'], name='loudspeaker_point_path_i')],
                'constraints': [models.CheckConstraint(condition=models.Q(('path__endswith', '/')), name='loudspeaker_point_path'), models.CheckConstraint(condition=models.Q(('key_sha256__regex', '^[0-9a-f]{64}$')), name='loudspeaker_point_key')],
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('how', models.CharField(choices=[('device', 'the device played it'), ('person', 'a person played or read it out')], max_length=8)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('airing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='loudspeaker.airing')),
                ('point', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='loudspeaker.point')),
            ],
            options={
                'db_table': 'loudspeaker_receipt',
            },
        ),
        migrations.AddIndex(
            model_name='broadcast',
            index=models.Index(fields=['path'], name='loudspeaker_broadcast_path_i'),
        ),
        migrations.AddConstraint(
            model_name='broadcast',
            constraint=models.CheckConstraint(condition=models.Q(('path__endswith', '/')), name='loudspeaker_broadcast_path'),
        ),
        migrations.AddConstraint(
            model_name='broadcast',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('recording__isnull', False), ('text', '')), models.Q(('recording__isnull', True), models.Q(('text', ''), _negated=True)), _connector='OR'), name='loudspeaker_broadcast_sound', violation_error_message='A broadcast is a recording or a text, one of them.'),
        ),
        migrations.AddConstraint(
            model_name='broadcast',
            constraint=models.CheckConstraint(condition=models.Q(('last_on__gte', models.F('first_on'))), name='loudspeaker_broadcast_days'),
        ),
        migrations.AddConstraint(
            model_name='broadcast',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'waiting', 'approved', 'withdrawn'])), name='loudspeaker_broadcast_state'),
        ),
        migrations.AddConstraint(
            model_name='broadcast',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by_person__isnull', True), models.Q(('approved_by_person', models.F('created_by_person')), _negated=True), _connector='OR'), name='loudspeaker_broadcast_second_person', violation_error_message='Somebody else than who made it approves a broadcast.'),
        ),
        migrations.AddConstraint(
            model_name='broadcast',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by_person__isnull', False)), _connector='OR'), name='loudspeaker_broadcast_approved'),
        ),
        migrations.AddConstraint(
            model_name='broadcast',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'withdrawn'), _negated=True), models.Q(('withdrawn_at__isnull', False), models.Q(('remark', ''), _negated=True)), _connector='OR'), name='loudspeaker_broadcast_withdrawn'),
        ),
        migrations.AddIndex(
            model_name='airing',
            index=models.Index(fields=['at'], name='loudspeaker_airing_at'),
        ),
        migrations.AddConstraint(
            model_name='airing',
            constraint=models.UniqueConstraint(fields=('broadcast', 'at'), name='loudspeaker_airing_once'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(fields=('airing', 'point'), name='loudspeaker_receipt_once'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(('how__in', ['device', 'person'])), name='loudspeaker_receipt_how'),
        ),
    ]

"""The way back into an account by two officials."""

import django.db.models.deletion
import gongzhi.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_sign_in'),
    ]

    operations = [
        migrations.CreateModel(
            name='Recovery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('state', models.CharField(choices=[('asked', 'Asked for; a second official has to confirm'), ('waiting', 'Confirmed; the old ways are told and may stop it'), ('done', 'Done'), ('stopped', 'Stopped')], default='asked', max_length=8)),
                ('contact_sealed', models.BinaryField(default=b'')),
                ('contact_masked', models.CharField(max_length=64)),
                ('drops_factors', models.BooleanField(default=False)),
                ('asked_because', models.CharField(max_length=300)),
                ('confirmed_because', models.CharField(blank=True, default='', max_length=300)),
                ('stop_sha256', models.CharField(blank=True, default='', max_length=64)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('ready_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recoveries', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person')),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person')),
            ],
            options={
                'db_table': 'accounts_recovery',
                'constraints': [models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), models.Q(('confirmed_by', models.F('asked_by')), _negated=True), _connector='OR'), name='accounts_recovery_two_persons', violation_error_message='Two different persons have to check who somebody is.'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['waiting', 'done']), _negated=True), models.Q(('confirmed_by__isnull', False), ('ready_at__isnull', False)), _connector='OR'), name='accounts_recovery_confirmed'), models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'waiting'])), fields=('account',), name='accounts_recovery_one_running')],
            },
        ),
    ]

"""Sessions as facts, and one-time codes."""

import django.db.models.deletion
import gongzhi.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_api_clients'),
    ]

    operations = [
        migrations.CreateModel(
            name='OneTimeCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('purpose', models.CharField(choices=[('sign_in', 'Signing in'), ('sign_up', 'Signing up'), ('recover', 'Setting a new password'), ('contact', 'Confirming an address or a number'), ('farewell', 'Telling an address or a number that it was replaced')], max_length=16)),
                ('channel', models.CharField(max_length=8)),
                ('target_sealed', models.BinaryField()),
                ('target_masked', models.CharField(max_length=64)),
                ('code_sealed', models.BinaryField(default=b'')),
                ('code_index', models.BinaryField(max_length=16)),
                ('language', models.CharField(blank=True, default='', max_length=8)),
                ('tries', models.SmallIntegerField(default=0)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'accounts_one_time_code',
                'indexes': [models.Index(fields=['made_at'], name='accounts_one_time_code_age')],
                'constraints': [models.CheckConstraint(condition=models.Q(('sent_at__isnull', True), ('code_sealed', b''), _connector='OR'), name='accounts_one_time_code_gone_when_sent'), models.CheckConstraint(condition=models.Q(('tries__gte', 0), ('tries__lte', 1000)), name='accounts_one_time_code_counted')],
            },
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('stored_key', models.CharField(max_length=40, unique=True)),
                ('method', models.CharField(choices=[('password', 'Password'), ('code', 'One-time code'), ('passkey', 'Passkey'), ('identity', 'Government identity'), ('wechat', 'WeChat'), ('card', 'Printed card and PIN'), ('sign_up', 'Sign-up')], max_length=16)),
                ('second_factor', models.BooleanField(default=False)),
                ('device', models.CharField(max_length=32)),
                ('device_index', models.BinaryField(max_length=16)),
                ('address_masked', models.CharField(blank=True, default='', max_length=32)),
                ('is_public_computer', models.BooleanField(default=False)),
                ('opened_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_ins', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'accounts_sign_in',
                'indexes': [models.Index(fields=['account', '-opened_at'], name='accounts_sign_in_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('ended_at__gte', models.F('opened_at')), _connector='OR'), name='accounts_sign_in_ends_later')],
            },
        ),
    ]

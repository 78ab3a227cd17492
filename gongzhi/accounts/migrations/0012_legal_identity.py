"""Legal persons an identity provider vouches for."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_recovery'),
    ]

    operations = [
        migrations.CreateModel(
            name='LegalIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=50)),
                ('credit_code', models.CharField(max_length=18)),
                ('name', models.CharField(blank=True, default='', max_length=200)),
                ('first_seen_at', models.DateTimeField(auto_now_add=True)),
                ('last_seen_at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='legal_identities', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'accounts_legal_identity',
                'constraints': [models.UniqueConstraint(fields=('account', 'provider', 'credit_code'), name='accounts_legal_identity_once'), models.CheckConstraint(condition=models.Q(('credit_code__regex', '^[0-9A-Z]{18}$')), name='accounts_legal_identity_code')],
            },
        ),
    ]

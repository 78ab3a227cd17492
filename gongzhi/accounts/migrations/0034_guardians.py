"""Who is whose guardian."""

import django.db.models.deletion
import gongzhi.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0033_identity_walls'),
    ]

    operations = [
        migrations.CreateModel(
            name='Guardianship',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('state', models.CharField(choices=[('standing', 'Guardian'), ('ended', 'Guardian no more')], default='standing', max_length=8)),
                ('relation', models.CharField(choices=[('parent', 'Father or mother'), ('grandparent', 'Grandparent'), ('sibling', 'Elder brother or sister'), ('other', 'Other person or body, appointed')], max_length=16)),
                ('shown_by', models.CharField(choices=[('household', 'Household register'), ('birth', 'Birth certificate'), ('paper', 'Decision or certificate of a court, committee or civil affairs department')], max_length=16)),
                ('guardian_masked', models.CharField(max_length=16)),
                ('ward_masked', models.CharField(max_length=16)),
                ('made_by', models.BigIntegerField(null=True)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('guardian', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wards', to='accounts.person')),
                ('ward', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guardians', to='accounts.person')),
            ],
            options={
                'db_table': 'accounts_guardianship',
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'standing')), fields=('guardian', 'ward'), name='accounts_guardianship_once'), models.CheckConstraint(condition=models.Q(('guardian', models.F('ward')), _negated=True), name='accounts_guardianship_two_persons'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'standing')), models.Q(('ended_at__isnull', False), ('state', 'ended')), _connector='OR'), name='accounts_guardianship_ends')],
            },
        ),
    ]

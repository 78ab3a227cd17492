"""Letters to write and calls to make."""

import django.db.models.deletion
import gongzhi.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0035_guardians_wall'),
    ]

    operations = [
        migrations.CreateModel(
            name='Errand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('state', models.CharField(choices=[('open', 'To be done'), ('done', 'Done'), ('needless', 'Read on the platform meanwhile')], default='open', max_length=8)),
                ('way', models.CharField(choices=[('letter', 'By letter'), ('call', 'By a call to a number somebody else has'), ('worker', 'By a named worker of the community'), ('text', 'By text message to a phone of the household')], max_length=8)),
                ('name_masked', models.CharField(max_length=16)),
                ('kind', models.CharField(max_length=64)),
                ('key', models.CharField(max_length=128)),
                ('params', models.JSONField(default=dict)),
                ('since', models.DateField()),
                ('done_on', models.DateField(null=True)),
                ('hand', models.CharField(blank=True, default='', max_length=8)),
                ('receipt', models.CharField(blank=True, default='', max_length=40)),
                ('done_by', models.BigIntegerField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person')),
            ],
            options={
                'db_table': 'accounts_errand',
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['path', 'since', 'id'], name='accounts_errand_waiting')],
                'constraints': [models.UniqueConstraint(fields=('person', 'key'), name='accounts_errand_once'), models.CheckConstraint(condition=models.Q(models.Q(('done_by__isnull', False), ('done_on__isnull', False), ('ended_at__isnull', False), ('state', 'done')), models.Q(('done_on__isnull', True), ('ended_at__isnull', True), ('state', 'open')), models.Q(('done_on__isnull', True), ('ended_at__isnull', False), ('state', 'needless')), _connector='OR'), name='accounts_errand_done'), models.CheckConstraint(condition=models.Q(('receipt__regex', '^[A-Z0-9-]*$')), name='accounts_errand_receipt')],
            },
        ),
    ]

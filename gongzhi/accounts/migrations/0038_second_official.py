"""New cards and PINs that a second official confirms."""

import django.db.models.deletion
import gongzhi.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0037_letters_and_calls_wall'),
    ]

    operations = [
        migrations.CreateModel(
            name='CardWish',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('path', models.CharField(db_collation='C', max_length=64)),
                ('what', models.CharField(choices=[('card', 'A new card with a new PIN'), ('pin', 'A new PIN')], max_length=8)),
                ('state', models.CharField(choices=[('asked', 'Waits for a second official'), ('done', 'Printed'), ('dropped', 'Dropped')], default='asked', max_length=8)),
                ('asked_by', models.BigIntegerField()),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('confirmed_by', models.BigIntegerField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person')),
            ],
            options={
                'db_table': 'accounts_card_wish',
                'indexes': [models.Index(condition=models.Q(('state', 'asked')), fields=['path', 'id'], name='accounts_card_wish_waiting')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('person',), name='accounts_card_wish_one'), models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), models.Q(('confirmed_by', models.F('asked_by')), _negated=True), _connector='OR'), name='accounts_card_wish_two_persons', violation_error_message='Two different officials are needed.'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_by__isnull', True), ('ended_at__isnull', True), ('state', 'asked')), models.Q(('confirmed_by__isnull', False), ('ended_at__isnull', False), ('state', 'done')), models.Q(('confirmed_by__isnull', True), ('ended_at__isnull', False), ('state', 'dropped')), _connector='OR'), name='accounts_card_wish_ends')],
            },
        ),
    ]

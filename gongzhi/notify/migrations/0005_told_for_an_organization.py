"""For which organization somebody is told, and deliveries a division or an organization does not make."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notify', '0004_proof_wall'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='outbox',
            name='notify_outbox_reason',
        ),
        migrations.RemoveIndex(
            model_name='outbox',
            name='notify_outbox_wrong',
        ),
        migrations.AddField(
            model_name='message',
            name='org_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='outbox',
            name='org_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='outbox',
            name='reason',
            field=models.CharField(blank=True, choices=[('error', 'The channel refused or did not answer'), ('unknown_end', 'A try ended without an answer'), ('no_address', 'The person has no address on this channel'), ('switched_off', 'The person switched this notice off'), ('no_courier', 'Nobody delivers on this channel'), ('closed_here', 'The division or the organization does not use this channel')], default='', max_length=16),
        ),
        migrations.AddIndex(
            model_name='outbox',
            index=models.Index(condition=models.Q(models.Q(('state', 'given_up'), models.Q(('reason__in', ['closed_here', 'no_address', 'switched_off']), _negated=True)), ('receipt', 'undelivered'), _connector='OR'), fields=['-id'], name='notify_outbox_wrong'),
        ),
        migrations.AddConstraint(
            model_name='outbox',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['', 'error', 'unknown_end', 'no_address', 'switched_off', 'no_courier', 'closed_here'])), name='notify_outbox_reason'),
        ),
    ]

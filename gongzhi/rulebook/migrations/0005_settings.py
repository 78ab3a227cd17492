"""What levels say of the settings: two clocks, like the parameters."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rulebook', '0004_unit_of_editions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Setting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField()),
                ('known_from', models.DateTimeField()),
                ('known_to', models.DateTimeField(blank=True, null=True)),
                ('code', models.CharField(db_collation='C', max_length=48)),
                ('scope', models.CharField(blank=True, db_collation='C', default='', max_length=64)),
                ('given', models.BooleanField()),
                ('value', models.TextField(blank=True, default='')),
                ('locked', models.BooleanField()),
                ('reach', models.CharField(blank=True, db_collation='C', max_length=64)),
                ('set_by', models.CharField(max_length=64)),
                ('set_by_name', models.CharField(blank=True, default='', max_length=200)),
                ('reason', models.TextField()),
            ],
            options={
                'db_table': 'rulebook_setting',
                'indexes': [models.Index(condition=models.Q(('known_to__isnull', True)), fields=['scope', 'code', '-valid_from'], name='rulebook_setting_in_force'), models.Index(fields=['code', 'scope', '-valid_from'], name='rulebook_setting_history')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('known_to__isnull', True)), fields=('code', 'scope', 'valid_from'), name='rulebook_setting_one_current'), models.CheckConstraint(condition=models.Q(('known_to__isnull', True), ('known_to__gte', models.F('known_from')), _connector='OR'), name='rulebook_setting_known'), models.CheckConstraint(condition=models.Q(('code__regex', '^[a-z]+\\.[a-z_]+$')), name='rulebook_setting_code', violation_error_message="A setting's code is two words joined by a dot."), models.CheckConstraint(condition=models.Q(('scope__regex', '^(([0-9]{2}/([0-9]{4}/)?([0-9]{6}/)?([0-9]{9}/)?)?|org:[1-9][0-9]*)$')), name='rulebook_setting_scope', violation_error_message='A setting holds for a division or for an organization.'), models.CheckConstraint(condition=models.Q(('given', True), models.Q(('locked', False), ('value', '')), _connector='OR'), name='rulebook_setting_taken_back', violation_error_message='What is taken back has no value and locks nothing.'), models.CheckConstraint(condition=models.Q(('given', False), models.Q(('value', ''), _negated=True), _connector='OR'), name='rulebook_setting_says_something', violation_error_message='A setting says something, or is taken back.'), models.CheckConstraint(condition=models.Q(('locked', False), models.Q(('scope__startswith', 'org:'), _negated=True), _connector='OR'), name='rulebook_setting_lock', violation_error_message='An organization locks nothing.'), models.CheckConstraint(condition=models.Q(models.Q(('set_by', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='rulebook_setting_reasoned', violation_error_message='A setting says who set it and why.')],
            },
        ),
    ]

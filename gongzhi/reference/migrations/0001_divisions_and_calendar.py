from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='CalendarYear',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.SmallIntegerField(verbose_name='year')),
                ('days', models.JSONField(verbose_name='days')),
                ('source', models.TextField(help_text="Number or address of the State Council's notice.", verbose_name='source')),
                ('origin', models.CharField(choices=[('packaged', 'shipped with the platform'), ('operator', 'entered here')], max_length=10, verbose_name='origin')),
                ('known_from', models.DateTimeField()),
                ('known_to', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'db_table': 'reference_calendar_year',
                'constraints': [models.UniqueConstraint(condition=models.Q(('known_to__isnull', True)), fields=('year',), name='reference_calendar_one_current'), models.CheckConstraint(condition=models.Q(('known_to__isnull', True), ('known_to__gte', models.F('known_from')), _connector='OR'), name='reference_calendar_known'), models.CheckConstraint(condition=models.Q(('year__gte', 1949), ('year__lte', 2200)), name='reference_calendar_year', violation_error_message='This is no year of the calendar.'), models.CheckConstraint(condition=models.Q(('source', ''), _negated=True), name='reference_calendar_source', violation_error_message='Say where the holidays were announced.'), models.CheckConstraint(condition=models.Q(('origin__in', ['packaged', 'operator'])), name='reference_calendar_origin')],
            },
        ),
        migrations.CreateModel(
            name='Division',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField()),
                ('known_from', models.DateTimeField()),
                ('known_to', models.DateTimeField(blank=True, null=True)),
                ('code', models.CharField(max_length=9, verbose_name='code')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('level', models.SmallIntegerField(choices=[(0, 'nation'), (1, 'province'), (2, 'prefecture'), (3, 'county'), (4, 'street or township')], verbose_name='level')),
                ('parent', models.CharField(blank=True, max_length=6, verbose_name='parent')),
                ('path', models.TextField(db_collation='C', verbose_name='path')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='ended on')),
                ('source', models.CharField(max_length=20, verbose_name='source')),
            ],
            options={
                'db_table': 'reference_division',
                'indexes': [models.Index(fields=['code', '-valid_from'], name='reference_division_history'), models.Index(condition=models.Q(('known_to__isnull', True), ('valid_to__isnull', True)), fields=['path'], name='reference_division_tree'), models.Index(condition=models.Q(('known_to__isnull', True)), fields=['parent'], name='reference_division_parent')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('known_to__isnull', True)), fields=('code', 'valid_from'), name='reference_division_one_current'), models.CheckConstraint(condition=models.Q(('known_to__isnull', True), ('known_to__gte', models.F('known_from')), _connector='OR'), name='reference_division_known'), models.UniqueConstraint(condition=models.Q(('known_to__isnull', True), ('valid_to__isnull', True)), fields=('code',), name='reference_division_in_use'), models.CheckConstraint(condition=models.Q(('code__regex', '^([0-9]{6}|[0-9]{9})$')), name='reference_division_code', violation_error_message='A division code has six or nine digits.'), models.CheckConstraint(condition=models.Q(('path', '/'), ('path__regex', '^[0-9]{2}/([0-9]{4}/)?([0-9]{6}/)?([0-9]{9}/)?$'), _connector='OR'), name='reference_division_path', violation_error_message='A division path is a chain of codes, each followed by a slash.'), models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='reference_division_period', violation_error_message='A division ends after it began.'), models.CheckConstraint(condition=models.Q(('level__in', [0, 1, 2, 3, 4])), name='reference_division_level')],
            },
        ),
        migrations.CreateModel(
            name='DivisionSuccessor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=9)),
                ('ended_on', models.DateField()),
                ('to_code', models.CharField(max_length=9)),
                ('kind', models.CharField(choices=[('renamed', 'renamed'), ('recoded', 'given a new code'), ('merged', 'merged into another'), ('split', 'divided among several')], max_length=10)),
            ],
            options={
                'db_table': 'reference_division_successor',
                'indexes': [models.Index(fields=['to_code'], name='reference_successor_to')],
                'constraints': [models.UniqueConstraint(fields=('code', 'ended_on', 'to_code'), name='reference_successor_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['renamed', 'recoded', 'merged', 'split'])), name='reference_successor_kind'), models.CheckConstraint(condition=models.Q(models.Q(('code', models.F('to_code')), _negated=True), ('kind__in', ['renamed', 'split']), _connector='OR'), name='reference_successor_of_itself', violation_error_message='Only a renamed or divided division succeeds itself.')],
            },
        ),
    ]


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0008_fewer_indexes_to_write'),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='case_number',
            field=models.CharField(blank=True, db_collation='C', default='', max_length=24),
        ),
        migrations.AlterField(
            model_name='source',
            name='kind',
            field=models.CharField(choices=[('list', 'List of the registration authority'), ('correction', 'Correction by an official'), ('record', 'Decision recorded by an official'), ('decision', 'Decision on an application'), ('choice', 'Choice of an official about a doubtful value'), ('objection', 'Objection that was upheld'), ('undo', 'A list was undone')], max_length=16),
        ),
        migrations.AlterField(
            model_name='version',
            name='event',
            field=models.CharField(choices=[('listed', "Taken from a registry's list"), ('list_changed', "A registry's list says otherwise"), ('registered', 'Registered or filed by decision'), ('corrected', 'Corrected by the registry'), ('settled', 'A doubt was settled'), ('objected', 'Corrected after an objection'), ('changed', 'Change registered'), ('renamed', 'Renamed'), ('merged', 'Merged into another body'), ('split', 'Split'), ('ended', 'Registration ended'), ('undone', 'A list was undone')], max_length=16),
        ),
    ]

"""A picture of a document that shows who somebody is is a purpose of files of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('files', '0012_names_of_transfers_may_be_sealed_anew'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='transfer',
            name='files_transfer_purpose',
        ),
        migrations.RemoveConstraint(
            model_name='upload',
            name='files_upload_purpose',
        ),
        migrations.AlterField(
            model_name='transfer',
            name='purpose',
            field=models.CharField(choices=[('document', 'document or scanned paper'), ('picture', 'picture'), ('table', 'list to be read in'), ('evidence', 'evidence of any kind'), ('own', 'kept for yourself'), ('recording', 'recording to be broadcast'), ('identity', 'proof of who somebody is')], max_length=16),
        ),
        migrations.AlterField(
            model_name='upload',
            name='purpose',
            field=models.CharField(choices=[('document', 'document or scanned paper'), ('picture', 'picture'), ('table', 'list to be read in'), ('evidence', 'evidence of any kind'), ('own', 'kept for yourself'), ('recording', 'recording to be broadcast'), ('identity', 'proof of who somebody is')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['document', 'picture', 'table', 'evidence', 'own', 'recording', 'identity'])), name='files_transfer_purpose'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['document', 'picture', 'table', 'evidence', 'own', 'recording', 'identity'])), name='files_upload_purpose'),
        ),
    ]

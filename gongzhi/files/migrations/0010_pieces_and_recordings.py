# Made by makemigrations.

import django.db.models.deletion
import django.db.models.lookups
import gongzhi.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('files', '0002_second_wall_and_privileges'),
    ]

    operations = [
        migrations.CreateModel(
            name='Piece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('sha256', models.BinaryField()),
            ],
            options={
                'db_table': 'files_piece',
            },
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=gongzhi.core.ids.public_id, max_length=10, unique=True)),
                ('stored_name', models.CharField(db_collation='C', max_length=32, unique=True)),
                ('name_sealed', models.BinaryField()),
                ('name_masked', models.CharField(max_length=16)),
                ('sha256', models.BinaryField()),
                ('size', models.BigIntegerField()),
                ('piece_size', models.IntegerField()),
                ('purpose', models.CharField(choices=[('document', 'document or scanned paper'), ('picture', 'picture'), ('table', 'list to be read in'), ('evidence', 'evidence of any kind'), ('own', 'kept for yourself'), ('recording', 'recording to be broadcast')], max_length=16)),
                ('person_id', models.BigIntegerField(null=True)),
                ('org_id', models.BigIntegerField(null=True)),
                ('path', models.CharField(blank=True, db_collation='C', default='', max_length=64)),
                ('created_by_person', models.BigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'files_transfer',
            },
        ),
        migrations.RemoveConstraint(
            model_name='upload',
            name='files_upload_format',
        ),
        migrations.RemoveConstraint(
            model_name='upload',
            name='files_upload_purpose',
        ),
        migrations.AlterField(
            model_name='upload',
            name='format',
            field=models.CharField(choices=[('pdf', 'PDF document'), ('ofd', 'OFD document'), ('docx', 'Word document (.docx)'), ('xlsx', 'Excel workbook (.xlsx)'), ('csv', 'table as text (.csv)'), ('tsv', 'table as text (.tsv)'), ('txt', 'plain text (.txt)'), ('jpeg', 'JPEG picture'), ('png', 'PNG picture'), ('webp', 'WebP picture'), ('wav', 'WAV recording'), ('mp3', 'MP3 recording'), ('ogg', 'Ogg recording'), ('m4a', 'M4A recording')], max_length=8),
        ),
        migrations.AlterField(
            model_name='upload',
            name='purpose',
            field=models.CharField(choices=[('document', 'document or scanned paper'), ('picture', 'picture'), ('table', 'list to be read in'), ('evidence', 'evidence of any kind'), ('own', 'kept for yourself'), ('recording', 'recording to be broadcast')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(('format__in', ['pdf', 'ofd', 'docx', 'xlsx', 'csv', 'tsv', 'txt', 'jpeg', 'png', 'webp', 'wav', 'mp3', 'ogg', 'm4a'])), name='files_upload_format'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['document', 'picture', 'table', 'evidence', 'own', 'recording'])), name='files_upload_purpose'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['created_by_person'], name='files_transfer_by_person'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['expires_at'], name='files_transfer_expires'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('person_id__isnull', False), ('org_id__isnull', False), models.Q(('path', ''), _negated=True), _connector='OR'), name='files_transfer_has_owner', violation_error_message='A file belongs to a person, an organization or an agency.'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('size__gt', 0), ('piece_size__gt', 0)), name='files_transfer_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.Exact(models.Func(models.F('sha256'), function='octet_length', output_field=models.IntegerField()), 32), name='files_transfer_sha256_size'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('stored_name__regex', '^[0-9a-f]{32}$')), name='files_transfer_stored_name'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['document', 'picture', 'table', 'evidence', 'own', 'recording'])), name='files_transfer_purpose'),
        ),
        migrations.AddField(
            model_name='piece',
            name='transfer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='files.transfer'),
        ),
        migrations.AddConstraint(
            model_name='piece',
            constraint=models.UniqueConstraint(fields=('transfer', 'number'), name='files_piece_once'),
        ),
        migrations.AddConstraint(
            model_name='piece',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 0)), name='files_piece_number'),
        ),
        migrations.AddConstraint(
            model_name='piece',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.Exact(models.Func(models.F('sha256'), function='octet_length', output_field=models.IntegerField()), 32), name='files_piece_sha256_size'),
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


def settle(apps, schema_editor):
    """Nothing trains while the database is migrated: what says so was left behind, and at most one may from now on."""
    runs = apps.get_model('recognizer', 'TrainingRun').objects.using(schema_editor.connection.alias)
    sentence = 'The process that trained is gone. Start it again with --resume to go on from the last checkpoint.'
    runs.filter(state__in=['queued', 'running']).update(state='lost', error=sentence)


class Migration(migrations.Migration):

    dependencies = [
        ('recognizer', '0004_sample'),
    ]

    operations = [
        migrations.AddField(
            model_name='trainingrun',
            name='by_worker',
            field=models.BooleanField(default=False, verbose_name='started by the worker'),
        ),
        migrations.AddField(
            model_name='trainingrun',
            name='data_set',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='training_runs', to='recognizer.dataset'),
        ),
        migrations.AddField(
            model_name='trainingrun',
            name='folder',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='trainingrun',
            name='fraction',
            field=models.FloatField(default=0.0, help_text='How much of the training is done, 0 to 1.'),
        ),
        migrations.AddField(
            model_name='trainingrun',
            name='resumes',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='resumed_by', to='recognizer.trainingrun'),
        ),
        migrations.AddField(
            model_name='trainingrun',
            name='seconds_left',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='trainingrun',
            name='started_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(settle, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name='trainingrun',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('state',), name='one_training_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='trainingrun',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'running']), models.Q(('folder', ''), _negated=True)), fields=('folder',), name='one_living_training_per_folder'),
        ),
    ]

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('recognizer', '0005_training_run_data'),
    ]

    operations = [
    ]

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('recognizer', '0006_gate'),
    ]

    operations = [
    ]

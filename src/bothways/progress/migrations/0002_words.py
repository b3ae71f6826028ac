from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("progress", "0001_progress")]

    operations = [
        migrations.AddField(
            model_name="progresssettings",
            name="words",
            field=models.JSONField(default=dict),
        ),
    ]

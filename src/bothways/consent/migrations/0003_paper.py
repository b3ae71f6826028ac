from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_preferences")]

    operations = [
        migrations.AddField(
            "preference",
            "paper",
            models.CharField(max_length=4, blank=True, default="", db_default=""),
        ),
    ]

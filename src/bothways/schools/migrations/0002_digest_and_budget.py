import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schools", "0001_initial")]

    operations = [
        migrations.AddField(
            "district",
            "digest_day",
            models.SmallIntegerField(blank=True, default=3, null=True),
        ),
        migrations.AddField(
            "district", "digest_at", models.TimeField(default=datetime.time(16, 0))
        ),
        migrations.AddField("district", "routine_per_week", models.SmallIntegerField(default=1)),
    ]

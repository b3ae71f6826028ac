from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schools", "0002_digest_and_budget")]

    operations = [
        migrations.AddField(
            "district", "paper", models.CharField(max_length=4, default="post", db_default="post")
        ),
        migrations.AddField(
            "school",
            "paper",
            models.CharField(max_length=4, blank=True, default="", db_default=""),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0006_entry_whatsapp")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="tone",
            # The database's own default: a web process of before the upgrade goes on writing messages.
            field=models.CharField(blank=True, default="", db_default="", max_length=8),
        ),
    ]

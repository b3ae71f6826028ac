from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0005_sounds")]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("channel", "whatsapp")),
                fields=["match", "at"],
                name="entry_whatsapp",
            ),
        ),
    ]

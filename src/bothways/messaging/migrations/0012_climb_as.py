from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0011_newsletter")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="climb_as",
            field=models.CharField(blank=True, db_default="", default="", max_length=12),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outreach", "0003_visits_plans_hours")]

    operations = [
        migrations.AddField(
            model_name="personcontact",
            name="tone",
            field=models.CharField(blank=True, default="", db_default="", max_length=8),
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0008_answered_by"),
        ("people", "0003_likely"),
        ("schools", "0003_paper"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bag",
            fields=[
                (
                    "delivery",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="bag",
                        serialize=False,
                        to="messaging.delivery",
                    ),
                ),
                ("missed_on", models.DateField(null=True)),
                ("missed", models.SmallIntegerField(default=0)),
                (
                    "section",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="schools.section",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.student",
                    ),
                ),
            ],
        ),
    ]

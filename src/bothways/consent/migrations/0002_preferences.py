import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0001_initial"),
        ("people", "0003_likely"),
        ("schools", "0002_digest_and_budget"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "household",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="preference",
                        serialize=False,
                        to="people.household",
                    ),
                ),
                ("digest_day", models.SmallIntegerField(null=True)),
                ("digest_at", models.TimeField(null=True)),
                ("quiet_from", models.TimeField(null=True)),
                ("quiet_until", models.TimeField(null=True)),
                ("customs", models.TextField(blank=True)),
                ("updated_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="QuietDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("language", models.CharField(blank=True, max_length=20)),
                ("day", models.DateField(null=True)),
                ("weekday", models.SmallIntegerField(null=True)),
                ("start", models.TimeField(null=True)),
                ("end", models.TimeField(null=True)),
                ("title", models.CharField(max_length=200)),
                ("source", models.CharField(blank=True, max_length=200)),
                ("added_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="stop",
            name="asked_by",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="stop",
            name="asked_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="stop",
            name="confirm_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="stop",
            name="confirmed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="stop",
            name="language",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="stop",
            name="lifted_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="stop",
            index=models.Index(
                condition=models.Q(("confirm_at__isnull", False), ("confirmed_at", None)),
                fields=["confirm_at"],
                name="stop_to_confirm",
            ),
        ),
        migrations.AddField(
            model_name="preference",
            name="district",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, to="schools.district"
            ),
        ),
        migrations.AddField(
            model_name="preference",
            name="updated_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="quietday",
            name="added_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="quietday",
            name="district",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="quiet_days",
                to="schools.district",
            ),
        ),
        migrations.AddField(
            model_name="quietday",
            name="household",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="quiet_days",
                to="people.household",
            ),
        ),
        migrations.AddIndex(
            model_name="preference",
            index=models.Index(fields=["district"], name="preference_district"),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("quiet_from", None), ("quiet_until", None)),
                    models.Q(("quiet_from__isnull", False), ("quiet_until__isnull", False)),
                    _connector="OR",
                ),
                name="preference_both_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("digest_day", None), ("digest_day__range", (0, 6)), _connector="OR"
                ),
                name="preference_day",
            ),
        ),
        migrations.AddIndex(
            model_name="quietday",
            index=models.Index(fields=["district", "day"], name="quiet_day_date"),
        ),
        migrations.AddConstraint(
            model_name="quietday",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("day__isnull", False), ("weekday", None)),
                    models.Q(("day", None), ("weekday__range", (0, 6))),
                    _connector="OR",
                ),
                name="quiet_day_or_weekday",
            ),
        ),
        migrations.AddConstraint(
            model_name="quietday",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end", None), ("start", None)),
                    models.Q(
                        ("end__isnull", False),
                        ("start__isnull", False),
                        models.Q(("start", models.F("end")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="quiet_day_hours",
            ),
        ),
        migrations.AddConstraint(
            model_name="quietday",
            constraint=models.CheckConstraint(
                condition=models.Q(("household", None), ("language", ""), _connector="OR"),
                name="quiet_day_for_whom",
            ),
        ),
    ]

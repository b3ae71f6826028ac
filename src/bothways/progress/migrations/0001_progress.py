import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import bothways.progress.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("messaging", "0008_answered_by"),
        ("people", "0003_likely"),
        ("schools", "0002_digest_and_budget"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("course", models.CharField(blank=True, max_length=300)),
                ("title", models.CharField(max_length=300)),
                ("due_on", models.DateField(null=True)),
                (
                    "district",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="schools.district",
                    ),
                ),
                (
                    "section",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="schools.section",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Attendance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("unexcused", "unexcused"),
                            ("unknown", "unknown"),
                            ("excused", "excused"),
                            ("partial", "partial"),
                            ("tardy", "tardy"),
                            ("activity", "activity"),
                            ("present", "present"),
                            ("other", "other"),
                        ],
                        max_length=12,
                    ),
                ),
                ("category", models.CharField(blank=True, max_length=60)),
                ("before", models.CharField(blank=True, max_length=12)),
                ("changed_at", models.DateTimeField(null=True)),
                ("first_at", models.DateTimeField()),
                (
                    "district",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="schools.district",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="schools.school",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attendance",
                        to="people.student",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Excuse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="schools.district",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="excuses",
                        to="people.student",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProgressLoad",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("at", models.DateTimeField()),
                ("source", models.CharField(blank=True, max_length=200)),
                ("counts", models.JSONField(default=dict)),
                ("report", models.JSONField(default=dict)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="schools.district"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProgressSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("absences", models.BooleanField(default=False)),
                ("absences_at", models.TimeField(default=datetime.time(10, 0))),
                (
                    "counted",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12),
                        default=bothways.progress.models.counted_at_first,
                        size=None,
                    ),
                ),
                ("weekly", models.BooleanField(default=False)),
                ("weekly_day", models.SmallIntegerField(default=4)),
                ("weekly_at", models.TimeField(default=datetime.time(16, 0))),
                ("accepted_days", models.SmallIntegerField(default=0)),
                ("offers_help", models.BooleanField(default=False)),
                ("good_weeks", models.SmallIntegerField(default=4)),
                ("monthly", models.BooleanField(default=False)),
                ("monthly_day", models.SmallIntegerField(default=1)),
                ("monthly_at", models.TimeField(default=datetime.time(16, 0))),
                ("weekly_done", models.DateField(null=True)),
                ("monthly_done", models.DateField(null=True)),
                ("monthly_from", models.SmallIntegerField(default=3)),
                (
                    "district",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schools.district",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("work", models.CharField(max_length=8)),
                ("share", models.DecimalField(decimal_places=3, max_digits=6, null=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="progress.assignment",
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="schools.district",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="people.student",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Told",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("what", models.CharField(max_length=8)),
                ("period", models.DateField()),
                ("at", models.DateTimeField()),
                (
                    "district",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="schools.district",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="messaging.message",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="people.student",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(fields=("district", "key"), name="assignment_once"),
        ),
        migrations.AddIndex(
            model_name="attendance",
            index=models.Index(fields=["district", "day"], name="attendance_day"),
        ),
        migrations.AddConstraint(
            model_name="attendance",
            constraint=models.UniqueConstraint(fields=("student", "day"), name="attendance_once"),
        ),
        migrations.AddIndex(
            model_name="excuse",
            index=models.Index(fields=["student", "last"], name="excuse_student"),
        ),
        migrations.AddConstraint(
            model_name="excuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("last__gte", models.F("first"))), name="excuse_has_days"
            ),
        ),
        migrations.AddIndex(
            model_name="progressload",
            index=models.Index(fields=["district", "kind", "-at"], name="progress_load_latest"),
        ),
        migrations.AddConstraint(
            model_name="progresssettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekly_day__range", (0, 6)), ("monthly_day__range", (1, 28))),
                name="progress_settings_days",
            ),
        ),
        migrations.AddIndex(
            model_name="result",
            index=models.Index(fields=["district", "work"], name="result_work"),
        ),
        migrations.AddConstraint(
            model_name="result",
            constraint=models.UniqueConstraint(
                fields=("student", "assignment"), name="result_once"
            ),
        ),
        migrations.AddIndex(
            model_name="told",
            index=models.Index(fields=["district", "what", "period"], name="told_period"),
        ),
        migrations.AddConstraint(
            model_name="told",
            constraint=models.UniqueConstraint(
                fields=("student", "what", "period"), name="told_once"
            ),
        ),
    ]

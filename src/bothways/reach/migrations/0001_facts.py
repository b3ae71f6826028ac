import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from bothways.reach import notes

# Families that are there already: worked out by whoever asks first.
ALL = "INSERT INTO reach_stale (district_id, what) SELECT id, 'all' FROM schools_district"


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("people", "0001_initial"),
        ("schools", "0001_initial"),
        ("consent", "0001_initial"),
    ]
    operations = [
        migrations.CreateModel(
            name="Stale",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("district_id", models.BigIntegerField()),
                ("what", models.CharField(max_length=12)),
                ("ref", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["district_id"], name="stale_district")],
            },
        ),
        migrations.CreateModel(
            name="FamilyKind",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "school_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                ("language", models.CharField(max_length=20)),
                ("has_guardian", models.BooleanField()),
                ("has_standing", models.BooleanField()),
                ("has_point", models.BooleanField()),
                ("some_stop", models.BooleanField()),
                ("some_way", models.BooleanField()),
                (
                    "district",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schools.district",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "district",
                            "language",
                            "school_ids",
                            "has_guardian",
                            "has_standing",
                            "has_point",
                            "some_stop",
                            "some_way",
                        ),
                        name="family_kind_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FamilyFacts",
            fields=[
                (
                    "household",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="people.household",
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schools.district",
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="reach.familykind",
                    ),
                ),
                ("mixed", models.BooleanField()),
                ("holds_from", models.DateField(null=True)),
                ("holds_until", models.DateField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["district", "household"], name="family_facts_district"),
                    models.Index(
                        condition=models.Q(("holds_until__isnull", False)),
                        fields=["district", "holds_until"],
                        name="family_facts_until",
                    ),
                    models.Index(
                        condition=models.Q(("holds_from__isnull", False)),
                        fields=["district", "holds_from"],
                        name="family_facts_from",
                    ),
                ],
            },
        ),
        migrations.RunSQL(notes.create(), notes.drop()),
        migrations.RunSQL(ALL, migrations.RunSQL.noop),
    ]

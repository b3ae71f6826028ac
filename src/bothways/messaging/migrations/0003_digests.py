import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0002_fewer_indexes"),
        ("people", "0003_likely"),
        ("schools", "0002_digest_and_budget"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="digest",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="gathered",
                to="messaging.delivery",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="released_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("digest__isnull", False)),
                fields=["digest"],
                name="delivery_digest",
            ),
        ),
    ]

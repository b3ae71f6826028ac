from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0002_waiting_and_pace")]

    operations = [
        migrations.CreateModel(
            name="PushSubscription",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("endpoint", models.TextField()),
                ("p256dh", models.CharField(max_length=200)),
                ("auth", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
    ]

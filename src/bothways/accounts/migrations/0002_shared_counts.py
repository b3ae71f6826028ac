from django.db import migrations


class Migration(migrations.Migration):
    """How often somebody tried to sign in, counted by all web hosts together (``config.cache``).

    Unlogged: after a crash of the server it is empty, which is well enough for counts of minutes, and each
    one costs no write-ahead log.
    """

    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunSQL(
            sql=[
                "CREATE UNLOGGED TABLE accounts_cache (cache_key varchar(255) PRIMARY KEY,"
                " value text NOT NULL, expires timestamptz NOT NULL)",
                "CREATE INDEX accounts_cache_expires ON accounts_cache (expires)",
            ],
            reverse_sql="DROP TABLE accounts_cache",
        )
    ]

from django.db import migrations


class Migration(migrations.Migration):
    """How often somebody typed a code that opens nothing, counted by all web processes together.

    Unlogged, as the counts of sign-in: after a crash it is empty, and a count costs no write-ahead log.
    """

    dependencies = [("accounts", "0003_roles_and_scopes")]
    operations = [
        migrations.RunSQL(
            sql=[
                "CREATE UNLOGGED TABLE accounts_misses (name bytea PRIMARY KEY,"
                " count integer NOT NULL, until timestamptz NOT NULL)",
            ],
            reverse_sql="DROP TABLE accounts_misses",
        )
    ]

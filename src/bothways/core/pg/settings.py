"""What the embedded server is told: for an office machine, and a log without families in it."""

# Nothing that a person wrote may land in the log. The words of a failing statement hold it, the
# details hold it ('Key (email)=(…) already exists'), and so does the error itself ('invalid input:
# "…"'). So errors of statements stay out altogether: the program that made them sees them. What the
# server says of itself stays.
POSTGRESQL_CONF = """\
# Written by Bothways at every start. Your own settings go into local.conf beside this file.
listen_addresses = ''
port = 5432
max_connections = 60
password_encryption = 'scram-sha-256'

shared_buffers = '256MB'
work_mem = '8MB'
maintenance_work_mem = '128MB'
effective_cache_size = '1GB'
random_page_cost = 1.1
jit = off
io_method = 'sync'
max_logical_replication_workers = 0
# In files of our own: /dev/shm is 64 MB in containers, and systemd empties it when a user signs
# out.
dynamic_shared_memory_type = 'mmap'

synchronous_commit = on
wal_level = 'minimal'
max_wal_senders = 0
wal_compression = on
max_wal_size = '2GB'

timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'

logging_collector = off
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_min_messages = 'log'
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
log_statement = 'none'
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
log_autovacuum_min_duration = -1

include 'local.conf'
"""

LOCAL_CONF = """\
# Settings of your own for the database; they win over Bothways' and are kept. Restart Bothways
# after a change.
"""

# No way in but the socket, and there only with a password, for the server's own system user too.
PG_HBA_CONF = """\
local all all scram-sha-256
"""

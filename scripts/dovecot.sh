#!/bin/sh
# Find Dovecot, the mail server that the tests read mailboxes from, or install Debian's where we are root.
set -eu
PATH="$PATH:/usr/sbin"
command -v dovecot >/dev/null 2>&1 && [ -x /usr/lib/dovecot/imap ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Dovecot for the tests that read a mailbox …" >&2
    apt-get update -qq
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dovecot-imapd >/dev/null
    exit 0
fi
echo "No Dovecot was found: the tests that read a mailbox will be skipped." >&2

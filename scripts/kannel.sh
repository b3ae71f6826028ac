#!/bin/sh
# Find Kannel and its stand-in for an operator, or install Debian's where we are root.
set -eu
PATH="$PATH:/usr/sbin:/usr/lib/kannel/test"
found=yes
for name in bearerbox smsbox fakesmsc; do
    command -v "$name" >/dev/null 2>&1 || found=no
done
[ "$found" = yes ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Kannel for the tests of its texts …" >&2
    apt-get update -qq
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends kannel kannel-extras >/dev/null
    exit 0
fi
echo "No Kannel was found: the tests that send through it will be skipped." >&2

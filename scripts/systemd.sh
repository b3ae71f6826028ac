#!/bin/sh
# Find systemd-analyze, which checks the service's unit in a test, or install Debian's where we are root.
set -eu
command -v systemd-analyze >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing systemd for the test of the service's unit …" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends systemd >/dev/null
    exit 0
fi
echo "No systemd-analyze was found: the test of the service's unit will be skipped." >&2

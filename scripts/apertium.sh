#!/bin/sh
# Find Apertium with its pair English–Spanish for the translation tests, or install Debian's where we are root.
set -eu
if command -v apertium >/dev/null 2>&1 && apertium -l 2>/dev/null | grep -qx ' *eng-spa'; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Apertium for the translation tests …" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends apertium apertium-eng-spa >/dev/null
    exit 0
fi
echo "No Apertium was found: its tests will be skipped. Install the packages apertium and apertium-eng-spa." >&2

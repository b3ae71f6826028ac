#!/bin/sh
# Find a Java that runs the checker of our HTML (npm's vnu-jar), or install Debian's where we are root.
set -eu
command -v java >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Java for the checker of HTML …" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends default-jre-headless >/dev/null
    exit 0
fi
echo "No Java was found: the test that every page is valid HTML will be skipped." >&2

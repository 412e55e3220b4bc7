#!/bin/sh
# Prints the path of the jar of Google's Pub/Sub emulator, after installing Google's Debian package when that is possible.
# Exits 1 and says why when there is none, or no Java to run it with.
set -eu

folder=/usr/lib/google-cloud-sdk/platform/pubsub-emulator/lib

found() {
  command -v java >/dev/null || return 1
  path=${DAYBOOK_PUBSUB_EMULATOR:-$(find "$folder" -name 'cloud-pubsub-emulator-*.jar' 2>/dev/null | sort | tail -n 1)}
  [ -n "$path" ] && [ -f "$path" ] && printf '%s\n' "$path"
}

found && exit 0
[ -z "${DAYBOOK_PUBSUB_EMULATOR:-}" ] || {
  echo "pubsub-emulator: DAYBOOK_PUBSUB_EMULATOR is $DAYBOOK_PUBSUB_EMULATOR, which is not there, or there is no java" >&2
  exit 1
}
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo 'pubsub-emulator: not on this machine; install google-cloud-cli-pubsub-emulator and a Java runtime (this needs root)' >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
packages='google-cloud-cli-pubsub-emulator'
command -v java >/dev/null || packages="$packages default-jre-headless"
# shellcheck disable=SC2086
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages; } >"$log" 2>&1; then
  echo "pubsub-emulator: apt-get could not install it ($(tail -n 1 "$log")); Google's package source may be missing" >&2
  exit 1
fi
found || { echo 'pubsub-emulator: the package holds no jar' >&2; exit 1; }

#!/bin/sh
# Prints the path of goccy/bigquery-emulator, after building it from its Go module when that is possible. The build
# compiles Google's SQL analyser with clang, once, and takes up to half an hour; DAYBOOK_NO_SLOW_BUILDS=1 forbids it.
# Exits 1 and says why when there is none.
set -eu

version=v0.6.6
module=github.com/goccy/bigquery-emulator
cache=${XDG_CACHE_HOME:-$HOME/.cache}/daybook/bigquery-emulator-$version
path=${DAYBOOK_BIGQUERY_EMULATOR:-$cache/bigquery-emulator}

refuse() {
  echo "bigquery-emulator: $1" >&2
  exit 1
}

if [ -x "$path" ]; then
  printf '%s\n' "$path"
  exit 0
fi
[ -z "${DAYBOOK_BIGQUERY_EMULATOR:-}" ] || refuse "DAYBOOK_BIGQUERY_EMULATOR is $path, which is not there"
[ -z "${DAYBOOK_NO_SLOW_BUILDS:-}" ] || refuse "$path is not built, and DAYBOOK_NO_SLOW_BUILDS forbids to build it"
command -v go >/dev/null || refuse "no Go to build $module with; install Go, or set DAYBOOK_BIGQUERY_EMULATOR to the binary"

log=$(mktemp)
work=$(mktemp -d)
trap 'rm -rf "$log" "$work"' EXIT
if ! command -v clang++ >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    refuse "$module needs clang++; install clang"
  fi
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends clang; } >"$log" 2>&1 ||
    refuse "apt-get could not install clang: $(tail -n 1 "$log")"
fi

# A module of our own that requires the exact version, so that no list of versions is asked for.
cd "$work"
printf 'module emulator\n\ngo 1.21\n\nrequire %s %s\n' "$module" "$version" >go.mod
mkdir -p "$cache"
CGO_ENABLED=1 CC=clang CXX=clang++ GOFLAGS=-mod=mod nice -n 19 \
  go build -o "$work/bigquery-emulator" "$module/cmd/bigquery-emulator" >"$log" 2>&1 ||
  refuse "$module@$version could not be built: $(tail -n 1 "$log")"
mv "$work/bigquery-emulator" "$path"
printf '%s\n' "$path"

#!/bin/sh
# Prints the path of a Prometheus with its promtool beside it, after installing Debian's package when that is possible.
# Exits 1 and says why when there is none.
set -eu

found() {
  path=${DAYBOOK_PROMETHEUS:-$(command -v prometheus || true)}
  [ -n "$path" ] && [ -x "$path" ] && [ -x "$(dirname "$path")/promtool" ] && printf '%s\n' "$path"
}

found && exit 0
if [ -n "${DAYBOOK_PROMETHEUS:-}" ]; then
  echo "prometheus: DAYBOOK_PROMETHEUS is $DAYBOOK_PROMETHEUS, but there is no prometheus with promtool" >&2
  exit 1
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "prometheus: no prometheus in PATH; install Debian's package 'prometheus', or set DAYBOOK_PROMETHEUS to the binary" >&2
  exit 1
fi
# The package would start a service of its own: a policy that forbids it is in force while it is installed.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
log=$(mktemp)
if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends prometheus; } >"$log" 2>&1 && found; then
  rm -f "$log"
  exit 0
fi
echo "prometheus: apt-get could not install prometheus: $(tail -n 1 "$log")" >&2
rm -f "$log"
exit 1

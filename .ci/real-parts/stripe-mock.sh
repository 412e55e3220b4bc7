#!/bin/sh
# Obtains stripe-mock, which checks requests against Stripe's OpenAPI description, and prints the path of its binary.
# Where it cannot be had, says why on standard error and ends 1. It is kept in .cache/, which git ignores.
set -eu

version=v0.203.0
root=$(cd "$(dirname "$0")/../.." && pwd)
folder="$root/.cache/stripe-mock-$version"
binary="$folder/stripe-mock"

if [ -n "${DAYBOOK_STRIPE_MOCK:-}" ]; then
  if [ ! -x "$DAYBOOK_STRIPE_MOCK" ]; then
    echo "stripe-mock: DAYBOOK_STRIPE_MOCK is set, but there is no program at $DAYBOOK_STRIPE_MOCK" >&2
    exit 1
  fi
  echo "$DAYBOOK_STRIPE_MOCK"
  exit 0
fi
if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi
if command -v stripe-mock >/dev/null 2>&1; then
  command -v stripe-mock
  exit 0
fi
if ! command -v go >/dev/null 2>&1; then
  echo "stripe-mock: not on this machine, and there is no Go toolchain to build it with" >&2
  exit 1
fi

mkdir -p "$folder"
log="$folder/build.log"
if ! (cd "$folder" && GOBIN="$folder" GOFLAGS=-mod=mod go install "github.com/stripe/stripe-mock@$version") >"$log" 2>&1; then
  echo "stripe-mock: go install github.com/stripe/stripe-mock@$version failed: $(tail -n 1 "$log")" >&2
  exit 1
fi
echo "$binary"

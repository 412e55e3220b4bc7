#!/bin/sh
# Prints the folder of a Terraform provider mirror that holds a Google provider which knows the real one's schema and can do
# nothing else, after building it with Go. With it, terraform validate and terraform test run without a registry.
# Exits 1 and says why when there is none.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
source=$here/test/terraform/provider-schema/provider
version=8.0.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/daybook/google-provider-schema
mirror=${DAYBOOK_TERRAFORM_MIRROR:-$cache/$(cat "$source/main.go" "$source/go.mod" | cksum | cut -d ' ' -f 1)}

refuse() {
  echo "google-provider-schema: $1" >&2
  exit 1
}

command -v terraform >/dev/null || refuse "there is no terraform on this machine; install it"
if [ ! -d "$mirror/registry.terraform.io" ]; then
  [ -z "${DAYBOOK_TERRAFORM_MIRROR:-}" ] || refuse "DAYBOOK_TERRAFORM_MIRROR is $mirror, which holds no provider"
  command -v go >/dev/null || refuse "no Go to build the provider with; install Go, or set DAYBOOK_TERRAFORM_MIRROR to a mirror"
  log=$(mktemp)
  work=$(mktemp -d)
  trap 'rm -rf "$log" "$work"' EXIT
  cp "$source/main.go" "$source/go.mod" "$source/go.sum" "$work"
  platform=$(go env GOOS)_$(go env GOARCH)
  folder=registry.terraform.io/hashicorp/google/$version/$platform
  (cd "$work" && nice -n 10 go build -o "built/$folder/terraform-provider-google_v$version" .) >"$log" 2>&1 ||
    refuse "the provider could not be built: $(tail -n 1 "$log")"
  mkdir -p "$(dirname "$mirror")"
  rm -rf "$mirror"
  mv "$work/built" "$mirror"
fi
printf '%s\n' "$mirror"

#!/usr/bin/env bash
# Promises: in deploy/secrets, passwords made by chance and the URLs with them, a file each, as compose.yaml and deploy/roles.sql read them. What is there already stays.
#   deploy/secrets.sh [host of the database] [parameters of the URLs]     default: postgres, none
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
host=${1:-postgres} parameters=${2:-}

mkdir -p secrets
chmod 0700 secrets # the files themselves are read by users of containers
for name in postgres owner api; do
  [ -s "secrets/${name}_password" ] || head -c 24 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_' >"secrets/${name}_password"
done
for name in owner api; do
  [ -s "secrets/${name}_url" ] || printf 'postgres://strata_%s:%s@%s/strata%s' "$name" "$(cat "secrets/${name}_password")" "$host" "${parameters:+?$parameters}" >"secrets/${name}_url"
done
chmod 0644 secrets/*

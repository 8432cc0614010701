#!/usr/bin/env bash
# Installs on Debian, as root, what the brokers of `npm run test:kafka` need and is not there. Without it that command fails; nothing is skipped.
set -euo pipefail

missing=()
need() {
  command -v "$1" >/dev/null || missing+=("$2")
}
need java openjdk-17-jre-headless
need mvn maven
need openssl openssl

((${#missing[@]} > 0)) || exit 0
echo "== apt-get install ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

#!/usr/bin/env bash
# Installs on Debian, as root, the browser that `npm run test:console` drives, where it is not there. Without it that command fails; nothing is skipped.
set -euo pipefail

command -v chromium >/dev/null && exit 0
echo '== apt-get install chromium'
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null

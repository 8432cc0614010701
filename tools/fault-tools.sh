#!/usr/bin/env bash
# Installs on Debian, as root, the programs that rows of `npm run -s faults` need and that are not there. Without them those rows fail; none is skipped.
set -euo pipefail

missing=()
need() {
  PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || missing+=("$2")
}
need strace strace
need mkfs.xfs xfsprogs
need xfs_io xfsprogs
need losetup mount
need eatmydata eatmydata

((${#missing[@]} > 0)) || exit 0
mapfile -t packages < <(printf '%s\n' "${missing[@]}" | sort -u)
echo "== apt-get install ${packages[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null

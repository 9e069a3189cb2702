#!/usr/bin/env bash
# What --cache costs and brings, whole process, warm file cache, in pairs: a scan that fills an empty
# cache against one without, and the same against a second one that finds it filled.
#
#   benches/cache.sh REPOSITORY [RUNS]
#
# Build first: cargo build --release
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=${1:?which repository?}
runs=${2:-5}
stanch=${STANCH:-$here/../target/release/stanch}
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT

plain="$stanch scan --quiet $repository"
second="$stanch scan --quiet --cache $cache/it $repository"
first="rm -rf $cache/it; $second"
"$here/pairs.sh" "$runs" "$first" "$plain"
# Each A empties the cache and fills it, so that the B after it finds it filled.
"$here/pairs.sh" "$runs" "$first" "$second"

#!/usr/bin/env bash
# `stanch scan --staged` in a small repository, process start included, against git's own
# `git diff --cached --name-only`.
#
#   benches/staged.sh [REPOSITORY]      default: a new one with one staged file
#
# Build first: cargo build --release
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
stanch=$here/../target/release/stanch
if [ $# -gt 0 ]; then
    repository=$1
else
    repository=$(mktemp -d)
    trap 'rm -rf "$repository"' EXIT
    git -C "$repository" init --quiet
    for number in $(seq 20); do echo "line $number" >"$repository/file$number"; done
    git -C "$repository" add .
    git -C "$repository" -c user.name=x -c user.email=x@example.com commit --quiet -m first
    echo "another line" >>"$repository/file7"
    git -C "$repository" add .
fi
cd "$repository"
"$here/pairs.sh" "${RUNS:-40}" "$stanch scan --staged" 'git diff --cached --name-only'

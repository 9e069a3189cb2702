#!/usr/bin/env bash
# Whole-process file scan against `rg -uuu` with the same prefixes, on a tree of 30,000 files.
#
#   benches/files.sh [FOLDER]      default: a tree made of the sources of the crates cargo has fetched
#
# Needs ripgrep (cargo install ripgrep). Build first: cargo build --release
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
stanch=$here/../target/release/stanch
command -v rg >/dev/null || { echo "files.sh needs ripgrep: cargo install ripgrep" >&2; exit 2; }

if [ $# -gt 0 ]; then
    tree=$1
else
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    copy=0
    while [ "$(find "$tree" -type f | wc -l)" -lt 30000 ]; do
        copy=$((copy + 1))
        mkdir "$tree/$copy"
        # Whole crates, until there are enough files; no links, no build output.
        for crate in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/*; do
            cp -r "$crate" "$tree/$copy/"
            [ "$(find "$tree" -type f | wc -l)" -ge 30000 ] && break
        done
    done
fi
pattern='gl(pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt|rct|iamat)-[0-9A-Za-z_-]{20}'
pattern+='|GR1348941[0-9A-Za-z_-]{20}|_gitlab_session|\.01\.[0-9a-z]{9}|PRIVATE KEY-----|\[\[runners\]\]|oauth2:'
pattern+='|(?i:(private|registration|job|deploy|runner|gitlab|feed|rss)[-_]token)'
echo "tree: $(find "$tree" -type f | wc -l) files, $(du -sm "$tree" | cut -f1) MB"
"$here/pairs.sh" "${RUNS:-15}" "$stanch scan --no-history '$tree'" "rg -uuu -c '$pattern' '$tree'"
